using System.Text;
using System.Text.Json;
using OrleansLlm.Api.Doors;

namespace OrleansLlm.Tests.Rules.Fuzz;

/// <summary>Tool calls that <c>bench -- fuzz</c> has found to break the client's stream.</summary>
public class FoundCases
{
    [Theory]
    [InlineData("""{\n  \"city\": \"Bonn\",\r\n  \"text\": \"a\\nb\"\n}""")]
    [InlineData("""\n{\"city\":\"Bonn\",\"text\":\"a\\nb\"}\r""")]
    public void PrettyArguments_StandOnOneLine_AndSayTheSame(string quoted)
    {
        var arguments = new JoinedText();
        arguments.AddQuoted(Encoding.UTF8.GetBytes($"\"{quoted}\""));
        var line = Encoding.UTF8.GetString(JsonBuffer.Write(json => ToolArguments.Write(json, arguments)).Span);
        Assert.DoesNotContain('\n', line);
        Assert.DoesNotContain('\r', line);
        using var read = JsonDocument.Parse(line);
        Assert.Equal(("Bonn", "a\nb"), (read.RootElement.GetProperty("city").GetString(), read.RootElement.GetProperty("text").GetString()));
    }

    [Theory]
    [InlineData("""[{"index":1,"id":"\ud800","function":{"name":"f"}}]""", null, "f")]
    [InlineData("""[{"index":1,"id":"c","function":{"name":"\udfff"}}]""", "c", null)]
    public void HalfACharacterInACall_IsNoText(string calls, string? id, string? name)
    {
        var piece = Assert.Single(new ToolCallPieces().Read(Encoding.UTF8.GetBytes(calls)));
        Assert.Equal((1, id, name), (piece.Index, piece.Id, piece.Name));
    }
}
