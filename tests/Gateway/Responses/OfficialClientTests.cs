#pragma warning disable OPENAI001 // The client calls its own part experimental; its wire is not.
using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text;
using OpenAI.Responses;
using OrleansLlm.Support;
using static OrleansLlm.Tests.Gateway.Responses.ResponsesGateway;

namespace OrleansLlm.Tests.Gateway.Responses;

/// <summary>OpenAI's own .NET client reads every response and every event.</summary>
public class OfficialClientTests
{
    private static readonly FunctionTool Weather = ResponseTool.CreateFunctionTool(
        "get_weather", BinaryData.FromString("""{"type":"object","properties":{"city":{"type":"string"}}}"""), strictModeEnabled: false, "The weather");

    [Fact]
    public async Task AChat_GoesOnFromItsLastResponse()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama);
        var client = Client(gateway);
        var first = (await client.CreateResponseAsync("m", "one")).Value;
        Assert.Equal(Answer("one"), first.GetOutputText());
        var second = (await client.CreateResponseAsync("m", "two", first.Id)).Value;
        Assert.Equal((Answer("two"), first.Id), (second.GetOutputText(), second.PreviousResponseId));
        Assert.Equal(3, Messages(ollama).Length);
        Assert.Equal(second.GetOutputText(), (await client.GetResponseAsync(second.Id)).Value.GetOutputText());
        var items = new List<ResponseItem>();
        await foreach (var item in client.GetResponseInputItemsAsync(second.Id)) items.Add(item);
        Assert.Equal(3, items.Count);
        Assert.True((await client.DeleteResponseAsync(second.Id)).Value.Deleted);
        Assert.Equal(404, (await Assert.ThrowsAsync<ClientResultException>(() => client.GetResponseAsync(second.Id))).Status);
    }

    [Fact]
    public async Task AStream_IsReadEventByEvent()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama);
        var text = new StringBuilder();
        ResponseResult? completed = null;
        var next = 0;
        var options = new CreateResponseOptions("m", [ResponseItem.CreateUserMessageItem("hello")]) { StreamingEnabled = true, Instructions = "be kind" };
        await foreach (var update in await Client(gateway).CreateResponseStreamingAsync(options))
        {
            Assert.Equal(next++, update.SequenceNumber);
            if (update is StreamingResponseOutputTextDeltaUpdate delta) text.Append(delta.Delta);
            if (update is StreamingResponseCompletedUpdate end) completed = end.Response;
        }

        Assert.Equal((Answer("hello"), Answer("hello")), (text.ToString(), completed!.GetOutputText()));
        Assert.True(completed.Usage.OutputTokenCount > 0);
    }

    [Fact]
    public async Task Tools_AreCalled_AndAnswered()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama);
        var client = Client(gateway);
        var options = new CreateResponseOptions("m", [ResponseItem.CreateUserMessageItem("Call get_weather please")]) { Tools = { Weather }, StreamingEnabled = true };
        var arguments = new StringBuilder();
        ResponseResult? first = null;
        await foreach (var update in await client.CreateResponseStreamingAsync(options))
        {
            if (update is StreamingResponseFunctionCallArgumentsDeltaUpdate delta) arguments.Append(delta.Delta);
            if (update is StreamingResponseCompletedUpdate end) first = end.Response;
        }

        var call = Assert.IsType<FunctionCallResponseItem>(Assert.Single(first!.OutputItems));
        Assert.Equal(("get_weather", arguments.ToString()), (call.FunctionName, call.FunctionArguments.ToString()));
        var answered = new CreateResponseOptions("m", [ResponseItem.CreateFunctionCallOutputItem(call.CallId, "sunny")]) { Tools = { Weather }, PreviousResponseId = first.Id };
        Assert.NotEmpty((await client.CreateResponseAsync(answered)).Value.GetOutputText());
    }

    [Fact]
    public async Task TheBackground_IsPolled_AndCancelled()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await StartAsync(ollama);
        var client = Client(gateway);
        var options = new CreateResponseOptions("m", [ResponseItem.CreateUserMessageItem("hello")]) { BackgroundModeEnabled = true };
        var begun = (await client.CreateResponseAsync(options)).Value;
        Assert.Equal(ResponseStatus.Queued, begun.Status);
        ResponseResult found = begun;
        await Eventually.UntilAsync(async () => (found = (await client.GetResponseAsync(begun.Id)).Value).Status == ResponseStatus.Completed, "it is answered");
        Assert.Equal(Answer("hello"), found.GetOutputText());
        ollama.Faults.Add(new Simulator.Fault { Kind = Simulator.FaultKind.Hang });
        var endless = (await client.CreateResponseAsync(options)).Value;
        Assert.Equal(ResponseStatus.Cancelled, (await client.CancelResponseAsync(endless.Id)).Value.Status);
    }

    private static ResponsesClient Client(TestGateway gateway) => new(
        new ApiKeyCredential("mine"), new ResponsesClientOptions { Endpoint = new Uri(gateway.Address, "v1"), RetryPolicy = new ClientRetryPolicy(0) });
}
