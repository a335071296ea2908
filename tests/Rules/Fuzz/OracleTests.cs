using System.Text;
using OrleansLlm.Bench.Fuzz.Http;

namespace OrleansLlm.Tests.Rules.Fuzz;

/// <summary>The fuzzer's judge sees what it is there to see.</summary>
public class OracleTests
{
    private const string OpenAiError = """{"error":{"message":"m","type":"t","param":"p","code":null}}""";

    [Theory]
    [InlineData("/v1/chat/completions", 200, "application/json", "{}")]
    [InlineData("/v1/chat/completions", 400, "application/json", OpenAiError)]
    [InlineData("/v1/chat/completions", 200, "text/event-stream", "data: {}\n\ndata: [DONE]\n\n")]
    [InlineData("/v1/chat/completions", 200, "text/event-stream", "data: {\"error\":{}}\n\n")]
    [InlineData("/v1/messages", 429, "application/json", """{"type":"error","error":{"type":"t","message":"m"},"request_id":"r"}""")]
    [InlineData("/api/chat", 404, "application/json", """{"error":"x"}""")]
    public void WhatIsRight_IsNoFinding(string route, int status, string type, string body) => Assert.Null(Judge(route, status, type, body));

    [Theory]
    [InlineData("/v1/chat/completions", 500, "application/json", OpenAiError)]
    [InlineData("/v1/chat/completions", 502, "application/json", OpenAiError)]
    [InlineData("/v1/chat/completions", 400, "application/json", """{"error":{"message":"m","type":"t","param":null,"code":null}}""")]
    [InlineData("/v1/chat/completions", 400, "application/json", """{"error":"m"}""")]
    [InlineData("/v1/chat/completions", 400, "application/json", "")]
    [InlineData("/v1/messages", 400, "application/json", OpenAiError)]
    [InlineData("/api/chat", 400, "application/json", OpenAiError)]
    [InlineData("/v1/chat/completions", 200, "application/json", "{")]
    [InlineData("/v1/chat/completions", 200, "application/json", "\"\u00ff")]
    [InlineData("/v1/chat/completions", 200, "text/event-stream", "data: {}\n\n")]
    [InlineData("/v1/chat/completions", 200, "text/event-stream", "data: {\n}\n\ndata: [DONE]\n\n")]
    [InlineData("/v1/chat/completions", 200, "text/event-stream", "data: [DONE]")]
    [InlineData("/api/chat", 200, "application/x-ndjson", "{\"done\":false}\n")]
    [InlineData("/api/chat", 200, "application/x-ndjson", "{\"a\":\n1}\n{\"done\":true}\n")]
    public void WhatIsWrong_IsAFinding(string route, int status, string type, string body) => Assert.NotNull(Judge(route, status, type, body));

    [Fact]
    public void NoAnswerAndHalfAnAnswer_AreFindings()
    {
        Assert.NotNull(Oracle.Check(Asked("/v1/models"), null));
        Assert.NotNull(Oracle.Check(Asked("/v1/models"), new RawAnswer(200, [], [], IsCut: true)));
    }

    private static string? Judge(string route, int status, string type, string body) =>
        Oracle.Check(Asked(route), new RawAnswer(status, [("Content-Type", type), ("x-request-id", "r")], Encoding.Latin1.GetBytes(body), IsCut: false));

    private static HttpCase Asked(string route) => new(1, route, "POST", Encoding.ASCII.GetBytes(route), [], "{}"u8.ToArray(), "openai", Reply: null, LeaveAfter: null);
}
