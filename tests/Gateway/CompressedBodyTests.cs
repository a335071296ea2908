using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text;

namespace OrleansLlm.Tests.Gateway;

/// <summary>Bodies that a client has compressed.</summary>
public class CompressedBodyTests
{
    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    [InlineData("raw deflate")]
    public async Task ACompressedBody_IsReadLikeAnyOther(string coding)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)));
        var response = await PostAsync(gateway, Pack(Encoding.UTF8.GetBytes(TestGateway.Chat("m", "x")), coding), coding.Split(' ')[^1]);
        Assert.Equal(200, (int)response.StatusCode);
    }

    /// <summary>A few kilobytes that unpack to more than a body may have.</summary>
    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    public async Task ABomb_IsA413(string coding)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama) + "general_settings: {max_request_size_mb: 1}\n"));
        var bomb = Pack(new byte[8 << 20], coding);
        Assert.True(bomb.Length < 1 << 20);
        var response = await PostAsync(gateway, bomb, coding);
        Assert.Equal(413, (int)response.StatusCode);
        Assert.Contains("max_request_size_mb", (await Setup.ErrorAsync(response)).GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnUnknownCoding_IsA415_ThatNamesTheHeader()
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)));
        foreach (var coding in (string[])["zstd", "compress", "gzip, br"])
        {
            var response = await PostAsync(gateway, [1, 2, 3], coding);
            Assert.Equal(415, (int)response.StatusCode);
            Assert.Equal("Content-Encoding", (await Setup.ErrorAsync(response)).GetProperty("param").GetString());
        }
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    public async Task WhatIsNotCompressed_IsA400_ThatNamesTheHeader(string coding)
    {
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await TestGateway.StartAsync(Setup.Config(Setup.Model("m", ollama), Setup.Quiet(ollama)));
        var response = await PostAsync(gateway, Encoding.UTF8.GetBytes(TestGateway.Chat("m", "x")), coding);
        Assert.Equal(400, (int)response.StatusCode);
        Assert.Equal("Content-Encoding", (await Setup.ErrorAsync(response)).GetProperty("param").GetString());
    }

    private static async Task<HttpResponseMessage> PostAsync(TestGateway gateway, byte[] body, string coding)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        foreach (var one in coding.Split(", ")) content.Headers.ContentEncoding.Add(one);
        return await gateway.Http.PostAsync("/v1/chat/completions", content);
    }

    private static byte[] Pack(byte[] text, string coding)
    {
        using var packed = new MemoryStream();
        using (Stream writer = coding switch
        {
            "br" => new BrotliStream(packed, CompressionLevel.Fastest),
            "deflate" => new ZLibStream(packed, CompressionLevel.Fastest),
            "raw deflate" => new DeflateStream(packed, CompressionLevel.Fastest),
            _ => new GZipStream(packed, CompressionLevel.Fastest),
        })
        {
            writer.Write(text);
        }

        return packed.ToArray();
    }
}
