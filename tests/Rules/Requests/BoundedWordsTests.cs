using System.Text;
using OrleansLlm.Api.Chat;
using OrleansLlm.Api.Doors;
using OrleansLlm.Api.Errors;
using OrleansLlm.Api.Ollama;
using OrleansLlm.Api.Requests;
using OrleansLlm.Catalog;

namespace OrleansLlm.Tests.Rules.Requests;

/// <summary>What of a request is told again, in an error or a header, has a bound.</summary>
public class BoundedWordsTests
{
    [Fact]
    public void AnError_TellsTheBeginningOfALongName_AndWhatWasExpectedOfIt()
    {
        var body = Encoding.UTF8.GetBytes($"{{\"{new string('n', 1_000_000)}\":\"\\ud83d\"}}");
        var error = Assert.Throws<RequestException>(() => RequestBody.Checked(body)).Error;
        Assert.Equal(new string('n', ShownWords.LongestField) + "…", error.Param);
        Assert.Equal(ShownWords.LongestMessage + 1, error.Message.Length);
        Assert.StartsWith("nnn", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("half a character: an escape such as \\ud83d without its partner.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ACharacterOfTwoHalves_IsNotCutInTheMiddle()
    {
        foreach (var before in new[] { "", "x" })
        {
            var error = ApiError.BadRequest(before + string.Concat(Enumerable.Repeat("😀", 5_000)), before + string.Concat(Enumerable.Repeat("😀", 500)));
            var said = Encoding.UTF8.GetString(ErrorWriter.ToJson(error with { Message = error.Message + error.Message }).Span);
            Assert.DoesNotContain('\uFFFD', said);
            Assert.Equal(-1, HalfCharacters.Find(Encoding.UTF8.GetBytes(said)));
        }
    }

    [Fact]
    public void WhatFits_IsToldAsItIs()
    {
        var error = ApiError.BadRequest(new string('m', ShownWords.LongestMessage), new string('f', ShownWords.LongestField));
        Assert.Equal((ShownWords.LongestMessage, ShownWords.LongestField), (error.Message.Length, error.Param!.Length));
    }

    [Theory]
    [InlineData("\"fallbacks\":[{\"NAME\":[\"m\"]}]", "fallbacks[0]")]
    [InlineData("\"fallbacks\":[\"m\",\"NAME\"]", "fallbacks[1]")]
    [InlineData("\"context_window_fallbacks\":[{\"m\":[\"m\",{\"model\":\"NAME\"}]}]", "context_window_fallbacks[0].m[1]")]
    public void AFallback_HasANameThatAModelMayHave(string field, string param)
    {
        Assert.Equal(param, Refused(field.Replace("NAME", new string('n', GatewayCatalog.LongestName + 1), StringComparison.Ordinal)).Param);
        Assert.NotEmpty(Scan(field.Replace("NAME", new string('n', GatewayCatalog.LongestName), StringComparison.Ordinal)).Fallbacks);
    }

    [Theory]
    [InlineData("\"fallbacks\":[MANY]")]
    [InlineData("\"fallbacks\":[{\"m\":[MANY]}]")]
    public void Fallbacks_AreNoMoreThanMayBeTried(string field)
    {
        var error = Refused(field.Replace("MANY", Many(FallbackScanner.Most + 1), StringComparison.Ordinal));
        Assert.Equal(("fallbacks", "array_above_max_length"), (error.Param, error.Code));
        Assert.Equal(FallbackScanner.Most, Scan(field.Replace("MANY", Many(FallbackScanner.Most), StringComparison.Ordinal)).Fallbacks.Length);
    }

    [Fact]
    public void OfAFieldOfFallbacksThatIsWrittenTwice_TheLastCounts() => Assert.Equal(
        [(FallbackKind.General, "c"), (FallbackKind.ContextWindow, "b")],
        Scan("""
            "fallbacks":["a"],"context_window_fallbacks":["b"],"content_policy_fallbacks":["x"],"fallbacks":["c"],"content_policy_fallbacks":null
            """).Fallbacks.Select(f => (f.Kind, f.Model)).Order());

    /// <summary>By what is allocated: with all lists put together anew for each it would be ten times as much.</summary>
    [Fact]
    public void AFieldOfFallbacksThatIsWrittenAgainAndAgain_CostsWhatItIsLong()
    {
        var field = $"\"context_window_fallbacks\":[{Many(FallbackScanner.Most)}]{string.Concat(Enumerable.Repeat(",\"fallbacks\":[]", 20_000))}";
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(FallbackScanner.Most, Scan(field).Fallbacks.Length);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 40L * field.Length);
    }

    [Fact]
    public void APattern_MatchesNoNameThatIsTooLong()
    {
        var catalog = new GatewayCatalog([new ModelGroup("openai/*", [])], [], new RoutingOptions(), new GatewaySettings());
        Assert.NotNull(catalog.FindGroup("openai/" + new string('m', GatewayCatalog.LongestName - 7)));
        Assert.Null(catalog.FindGroup("openai/" + new string('m', GatewayCatalog.LongestName - 6)));
    }

    [Fact]
    public void WhatWasDropped_IsToldAsFarAsAHeaderGoes_AndThenCounted()
    {
        Assert.Equal("a, b", AnswerHeaders.Dropped(["a", "b", "a"]));
        var told = AnswerHeaders.Dropped(Enumerable.Range(0, 20_000).Select(n => $"parameter_{n}"));
        Assert.StartsWith("parameter_0, parameter_1, ", told, StringComparison.Ordinal);
        var shown = told.Split(", ")[..^1];
        Assert.EndsWith($", and {20_000 - shown.Length} more", told, StringComparison.Ordinal);
        Assert.InRange(told.Length, 1_500, 2_100);
        Assert.InRange(AnswerHeaders.Dropped(Enumerable.Range(0, 20_000).Select(n => $"größe {n}")).Length, 1_500, 2_100);
        Assert.Equal("a, and 1 more", AnswerHeaders.Dropped([new string('x', 1_000_000), "a"]));
    }

    /// <summary>Of so many that the test would take minutes if all calls were looked at for each result.</summary>
    [Fact]
    public void OpenCalls_AreFoundByIdByToolAndInTheirOrder()
    {
        var open = new OpenCalls();
        foreach (var (id, name) in new[] { ("1", "a"), ("2", "b"), ("3", "a"), ("3", "b"), ("4", "c") }) open.Add(id, name);
        open.Answer("3");
        open.Answer("nobody's");
        Assert.Equal(["2", "1", "4", null], new[] { "b", "nobody's", "a", null }.Select(open.AnswerNext));

        for (var at = 0; at < 200_000; at++) open.Add($"{at}", "a");
        for (var at = 0; at < 200_000; at += 2) open.Answer($"{at}");
        for (var at = 1; at < 200_000; at += 2) Assert.Equal($"{at}", open.AnswerNext(at % 3 == 0 ? "b" : "a"));
        Assert.Null(open.AnswerNext("a"));
    }

    private static string Many(int models) => string.Join(',', Enumerable.Repeat("\"m\"", models));

    private static ApiError Refused(string field) => Assert.Throws<RequestException>(() => Scan(field)).Error;

    private static ChatFields Scan(string field) => ChatScanner.Scan(Encoding.UTF8.GetBytes($"{{\"model\":\"m\",\"messages\":[{{\"role\":\"user\",\"content\":\"x\"}}],{field}}}"));
}
