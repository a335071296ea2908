using System.Text.Json;

namespace OrleansLlm.Tests.Gateway.Responses;

public class ErasedResponseTests
{
    [Fact]
    public async Task WhoErasesWhatItHasStoredForAUser_ErasesItsResponsesAsWell()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)));
        using var asked = new StringContent("""{"model":"m","input":"x","user":"ada"}""", System.Text.Encoding.UTF8, "application/json");
        var answer = await gateway.Http.PostAsync("/v1/responses", asked);
        using var stored = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        var path = "/v1/responses/" + stored.RootElement.GetProperty("id").GetString();
        Assert.Equal(200, (int)(await gateway.Http.GetAsync(path)).StatusCode);
        var erased = await gateway.Http.DeleteAsync("/v1/conversations?user=ada");
        using var told = JsonDocument.Parse(await erased.Content.ReadAsStringAsync());
        Assert.Equal(1, told.RootElement.GetProperty("responses").GetInt32());
        Assert.Equal(404, (int)(await gateway.Http.GetAsync(path)).StatusCode);
    }
}
