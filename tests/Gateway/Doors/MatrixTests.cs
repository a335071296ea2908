using System.Text.Json;

namespace OrleansLlm.Tests.Gateway.Doors;

/// <summary>Every door with every wire behind it, streamed and not: the same question has the same answer.</summary>
public class MatrixTests(EveryWire wires) : IClassFixture<EveryWire>
{
    private const string Weather = """{"name":"get_weather","description":"d","SCHEMA":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"],"additionalProperties":false}}""";

    public static TheoryData<string, string, bool> All()
    {
        var data = new TheoryData<string, string, bool>();
        foreach (var door in DoorGateway.Doors)
        {
            foreach (var provider in EveryWire.Providers)
            {
                data.Add(door, provider, false);
                data.Add(door, provider, true);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Text_ArrivesWithItsUsage_AndToolCallsWithTheirArguments(string door, string provider, bool stream)
    {
        var answer = await AskAsync(door, provider, "say \"hé\" 😀", stream);
        Assert.Equal("This is a simulated answer from m to: say \"hé\" 😀", answer.Text);
        Assert.Equal((provider, door == DoorGateway.Anthropic ? "end_turn" : "stop"), (answer.Model, answer.Finish));
        if (answer.PromptTokens is { } prompt) Assert.True(prompt > 0 && answer.CompletionTokens > 0, answer.ToString());
        if (door == DoorGateway.OllamaGenerate) return;

        var tools = door == DoorGateway.Anthropic
            ? $",\"tools\":[{Weather.Replace("SCHEMA", "input_schema", StringComparison.Ordinal)}]"
            : $$""","tools":[{"type":"function","function":{{Weather.Replace("SCHEMA", "parameters", StringComparison.Ordinal)}}}]""";
        answer = await AskAsync(door, provider, "call get_weather für 😀", stream, tools);
        var call = Assert.Single(answer.Calls);
        Assert.Equal("get_weather", call.Name);
        Assert.Equal("call get_weather für 😀", JsonDocument.Parse(call.Arguments).RootElement.GetProperty("city").GetString());
        Assert.Equal(door switch { DoorGateway.Anthropic => "tool_use", DoorGateway.OpenAi => "tool_calls", _ => "stop" }, answer.Finish);
    }

    private async Task<DoorGateway.Answer> AskAsync(string door, string provider, string text, bool stream, string more = "") =>
        await DoorGateway.ReadAsync(door, await wires.Gateway.PostAsync(DoorGateway.Ask(door, text, stream, provider, more), path: DoorGateway.PathOf(door)), stream);
}
