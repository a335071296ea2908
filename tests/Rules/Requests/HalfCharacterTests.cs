using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using OrleansLlm.Api.Errors;
using OrleansLlm.Api.Requests;

namespace OrleansLlm.Tests.Rules.Requests;

/// <summary>An escape for half a character is found wherever it stands, and the field that has it is named.</summary>
public class HalfCharacterTests
{
    [Theory]
    [InlineData("""{"user":"\ud800"}""", "user")]
    [InlineData("""{"a":1,"user":"x\uDFFFy"}""", "user")]
    [InlineData("""{"messages":[{"role":"user","content":"x"},{"role":"user","content":[{"text":"\ud83d"}]}]}""", "messages[1].content[0].text")]
    [InlineData("""{"a":[[0,"\ud83d \ude00"]]}""", "a[0][1]")]
    [InlineData("""{"a":{"b":{}},"c":"\ud83d\ud83d\ude00"}""", "c")]
    [InlineData("""{"\ud800":1}""", "")]
    [InlineData("""{"a":{"b\ude00":1}}""", "")]
    [InlineData("""{"a":,"b":"\ud800"}""", "")]
    [InlineData("\"\\ud800", "")]
    public void HalfACharacter_IsA400_ThatNamesItsField(string body, string field)
    {
        var e = Assert.Throws<RequestException>(() => RequestBody.Checked(Encoding.UTF8.GetBytes(body)));
        Assert.Equal((400, field.Length > 0 ? field : null), (e.Error.Status, e.Error.Param));
        Assert.Equal(field.Length > 0 ? "invalid_unicode" : "invalid_json", e.Error.Code);
    }

    [Theory]
    [InlineData("""{"a":"\ud83d\ude00"}""")]
    [InlineData("""{"a":"\\ud800"}""")]
    [InlineData("""{"a":"\\\\ud800\u00e9\ud7ff\ue000"}""")]
    [InlineData("""{"a":"😀"}""")]
    [InlineData("\\")]
    [InlineData("\\u")]
    [InlineData("\\u00")]
    public void WhatIsNone_PassesAsItStands(string body) => Assert.Equal(body, Encoding.UTF8.GetString(RequestBody.Checked(Encoding.UTF8.GetBytes(body)).Span));

    [Fact]
    public void ItIsFound_ExactlyWhereTextCannotBeRead() => Prop.ForAll(ArbMap.Default.ArbFor<(int, int)[]>(), pieces =>
    {
        string[] parts = ["\\ud800", "\\udc00", "\\ud83d\\ude00", "\\\\", "\\\"", "\\n", "\\u00e9", "u", "d800", "é"];
        var text = string.Concat(pieces.Select(p => parts[(p.Item1 & int.MaxValue) % parts.Length]));
        var json = Encoding.UTF8.GetBytes($"{{\"a\":\"{text}\"}}");
        Assert.Equal(!CanBeRead(json), HalfCharacters.Find(json) >= 0);
    }).QuickCheckThrowOnFailure();

    private static bool CanBeRead(byte[] json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            document.RootElement.GetProperty("a").GetString();
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}
