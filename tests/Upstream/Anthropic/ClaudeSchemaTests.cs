using System.Text.Json;
using OrleansLlm.Providers.Anthropic;

namespace OrleansLlm.Upstream.Anthropic;

public sealed class ClaudeSchemaTests
{
    [Theory]
    [InlineData("""{"type":"object","properties":{"n":{"type":"integer","minimum":1,"maximum":9,"description":"How many"}},"required":["n"]}""",
        """{"type":"object","properties":{"n":{"description":"How many\n\n{minimum: 1, maximum: 9}","type":"integer"}},"required":["n"],"additionalProperties":false}""")]
    [InlineData("""{"$schema":"x","type":"object","properties":{"s":{"type":"string","pattern":"^\\d+$","format":"uuid"},"t":{"type":"string","format":"binary"}},"additionalProperties":true}""",
        """{"type":"object","properties":{"s":{"type":"string","format":"uuid","description":"{pattern: \"^\\\\d+$\"}"},"t":{"type":"string","description":"{format: \"binary\"}"}},"additionalProperties":false}""")]
    [InlineData("""{"type":"array","items":{"properties":{"a":{"type":["string","null"]}}},"minItems":1,"maxItems":3}""",
        """{"type":"array","items":{"type":"object","properties":{"a":{"type":["string","null"]}},"additionalProperties":false},"minItems":1,"description":"{maxItems: 3}"}""")]
    [InlineData("""{"type":"array","items":{"type":"string"},"minItems":2}""", """{"type":"array","items":{"type":"string"},"description":"{minItems: 2}"}""")]
    [InlineData("""{"oneOf":[{"enum":["a",1,null]},{"const":null},{"allOf":[{"$ref":"#/$defs/d"}],"description":"D"}],"$defs":{"d":{"type":"boolean"}}}""",
        """{"$defs":{"d":{"type":"boolean"}},"anyOf":[{"enum":["a",1,null]},{"const":null},{"$ref":"#/$defs/d"}]}""")]
    [InlineData("""{"type":"object","properties":{},"additionalProperties":false}""", """{"type":"object","properties":{},"additionalProperties":false}""")]
    public void WhatClaudeRefuses_IsSaidInTheDescription_AndObjectsAreClosed(string schema, string expected) =>
        Assert.Equal(expected, Strict(schema));

    [Theory]
    [InlineData("""{"type":"object"}""")]
    [InlineData("""{"type":"object","additionalProperties":{"type":"string"}}""")]
    [InlineData("""{"type":"object","properties":{"m":{"type":"object","additionalProperties":true}}}""")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"string"}},"patternProperties":{"^x":{}}}""")]
    [InlineData("""{"type":"object","properties":{"any":{}}}""")]
    [InlineData("""{"type":"object","properties":{"next":{"$ref":"#"}}}""")]
    [InlineData("""{"type":"object","properties":{"n":{"$ref":"#/$defs/n"}},"$defs":{"n":{"type":"object","properties":{"of":{"type":"array","items":{"$ref":"#/$defs/n"}}}}}}""")]
    [InlineData("""{"type":"object","properties":{"n":{"$ref":"https://example.org/n"}}}""")]
    [InlineData("""{"type":5}""")]
    [InlineData("""{"enum":[{"a":1}]}""")]
    public void WhatCannotBeClosed_IsNotStrict(string schema) => Assert.Null(Strict(schema));

    [Fact]
    public void ADefinitionThatIsUsedTwice_DoesNotMeetItself() => Assert.NotNull(Strict(
        """{"type":"object","properties":{"a":{"$ref":"#/$defs/p"},"b":{"$ref":"#/$defs/p"}},"$defs":{"p":{"type":"object","properties":{"q":{"$ref":"#/$defs/q"}}},"q":{"type":"string"}}}"""));

    /// <summary>By what is allocated: of definitions within definitions, each read once more at every level, these would be half a million.</summary>
    [Fact]
    public void DefinitionsWithinDefinitions_AreEachReadOnce()
    {
        var schema = """{"type":"string"}""";
        for (var level = 0; level < 18; level++) schema = $"{{\"$defs\":{{\"d\":{schema}}},\"allOf\":[{{\"type\":\"string\"}}]}}";
        var given = JsonElement.Parse(schema);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.NotNull(ClaudeSchemas.Strict(given));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2_000L * schema.Length);
    }

    private static string? Strict(string schema) => ClaudeSchemas.Strict(JsonElement.Parse(schema))?.ToJsonString(new JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
