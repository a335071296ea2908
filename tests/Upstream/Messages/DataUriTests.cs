using OrleansLlm.Providers;

namespace OrleansLlm.Upstream.Messages;

public sealed class DataUriTests
{
    [Theory]
    [InlineData("data:image/jpg;base64,aGk=", "image/jpeg")]
    [InlineData("DATA:Image/PNG;base64,aGk=", "image/png")]
    [InlineData("data:text/plain;charset=utf-8;base64,aGk=", "text/plain")]
    [InlineData("data:;base64,aGk=", "application/octet-stream")]
    public void TheType_IsOneThatServicesKnow(string url, string type) => Assert.Equal(new DataUri(type, "aGk="), DataUri.Parse(url, "here"));

    /// <summary>Google has no image/jpg either.</summary>
    [Fact]
    public async Task AJpeg_IsOneForGeminiAsWell()
    {
        await using var harness = await Harness.StartAsync();

        await harness.CollectAsync(harness.Request("gemini", """{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/jpg;base64,aGk="}}]}]}"""));

        Assert.Contains("\"image/jpeg\"", harness.Server.Stats.Bodies[^1], StringComparison.Ordinal);
    }
}
