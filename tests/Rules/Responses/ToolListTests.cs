using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansLlm.Api.Errors;
using OrleansLlm.Api.Responses;

namespace OrleansLlm.Tests.Rules.Responses;

/// <summary>Tools in namespaces, those that stand among the items, and those that a search has found: what a chat model is told, and whose call its call is.</summary>
public class ToolListTests
{
    private const string Calc = """{"type":"namespace","name":"mcp__calc","description":"sums","tools":[{"type":"function","name":"add","description":"adds","parameters":{"type":"object"}},{"type":"custom","name":"patch"}]}""";

    [Fact]
    public void ToolsOfANamespace_AreFunctions_WithBothNames()
    {
        var functions = Functions($$"""{"input":"x","tools":[{{Calc}},{"type":"function","name":"now"}]}""");
        Assert.Equal(["mcp__calc__add", "mcp__calc__patch", "now"], functions.Select(f => (string)f["name"]!));
        Assert.Equal("(mcp__calc: sums)\nadds", (string)functions[0]["description"]!);
        Assert.Equal("object", (string)functions[0]["parameters"]!["type"]!);
    }

    [Fact]
    public void ToolsAmongTheItems_AreTold_AndEachOnce()
    {
        var found = $$"""{"type":"tool_search_output","call_id":"a","execution":"client","tools":[{{Calc}}]}""";
        var functions = Functions($$$"""
            {"input":[
              {"type":"additional_tools","role":"developer","tools":[{"type":"namespace","name":"functions","description":"","tools":[{"type":"custom","name":"exec"}]}]},
              {"role":"user","content":"x"}, {{{found}}}, {{{found}}}],
             "tools":[{"type":"tool_search","execution":"client","description":"finds","parameters":{"type":"object"}}]}
            """);
        Assert.Equal(["tool_search", "exec", "mcp__calc__add", "mcp__calc__patch"], functions.Select(f => (string)f["name"]!));
    }

    [Fact]
    public void ASearchThatAServiceWouldRun_IsNoFunction() => Assert.Empty(Functions("""{"input":"x","tools":[{"type":"tool_search"}]}"""));

    [Fact]
    public void ALongName_IsCut_AndStaysItsOwn()
    {
        var space = new string('s', 60);
        var (one, other) = (ToolName.InChat(space, "first_tool"), ToolName.InChat(space, "first_took"));
        Assert.Equal((64, 64), (one.Length, other.Length));
        Assert.NotEqual(one, other);
        Assert.Equal(one, ToolName.InChat(space, "first_tool"));
    }

    [Theory]
    [InlineData("mcp__calc__add", "add", "mcp__calc", "FunctionCall")]
    [InlineData("mcp__calc__patch", "patch", "mcp__calc", "CustomCall")]
    [InlineData("patch", "patch", "mcp__calc", "CustomCall")]
    [InlineData("add", "add", null, "FunctionCall")]
    [InlineData("tool_search", "tool_search", null, "SearchCall")]
    public void ACall_IsOfTheToolThatTheClientKnows(string called, string name, string? space, string kind)
    {
        using var tools = JsonDocument.Parse($$"""[{{Calc}},{"type":"function","name":"add"},{"type":"tool_search","execution":"client"}]""");
        var tool = ToolName.In(tools.RootElement)[called];
        Assert.Equal((name, space, kind), (tool.Name, tool.Namespace, tool.Kind.ToString()));
    }

    /// <summary>An older version stored a namespace without a look into it.</summary>
    [Theory]
    [InlineData("""[{"type":"namespace","name":"n"}]""")]
    [InlineData("""[{"type":"namespace","name":"n","tools":{"a":1}},{"type":"namespace","tools":[{}]}]""")]
    [InlineData("""[{"type":"namespace","name":"n","tools":["x",{"type":"function"},{"type":3,"name":4}]}]""")]
    public void ANamespaceThatIsNone_HasNoTools(string json)
    {
        using var tools = JsonDocument.Parse(json);
        Assert.Empty(ToolName.In(tools.RootElement));
    }

    [Theory]
    [InlineData("""[{"type":"namespace","tools":[]}]""", "tools[0].name")]
    [InlineData("""[{"type":"namespace","name":"n"}]""", "tools[0].tools")]
    [InlineData("""[{"type":"namespace","name":"n","tools":[{"type":"function"}]}]""", "tools[0].tools[0].name")]
    public void WhatIsMissing_IsNamed(string tools, string field)
    {
        var e = Assert.Throws<RequestException>(() => Functions($$"""{"input":"x","tools":{{tools}}}"""));
        Assert.Equal(field, e.Error.Param);
    }

    [Fact]
    public void AChosenTool_IsNamedAsItsModelKnowsIt() => Assert.Equal(
        """{"type":"function","function":{"name":"mcp__calc__add"}}""",
        ToolList.Choice(Body("""{"tool_choice":{"type":"function","namespace":"mcp__calc","name":"add"}}"""))!.ToJsonString());

    private static List<JsonNode> Functions(string body) => [.. ToolList.Of(Body(body), default).Tools.Select(tool => tool!["function"]!)];

    private static ResponseBody Body(string json) => ResponseBody.Parse(System.Text.Encoding.UTF8.GetBytes(json));
}
