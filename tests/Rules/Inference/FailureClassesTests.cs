using OrleansLlm.Grains.Inference;
using OrleansLlm.Inference;

namespace OrleansLlm.Tests.Rules.Inference;

/// <summary>The words are those of the services: OpenAI, vLLM, llama-server, Anthropic, Gemini, Azure, Bedrock.</summary>
public class FailureClassesTests
{
    [Theory]
    [InlineData(400, "context_length_exceeded", "This model's maximum context length is 8192 tokens.", (int)FailureClass.ContextWindow)]
    [InlineData(400, null, "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens", (int)FailureClass.ContextWindow)]
    [InlineData(400, null, "the request exceeds the available context size, try increasing it", (int)FailureClass.ContextWindow)]
    [InlineData(400, null, "prompt is too long: 201000 tokens > 200000 maximum", (int)FailureClass.ContextWindow)]
    [InlineData(400, null, "The input token count (1200000) exceeds the maximum number of tokens allowed", (int)FailureClass.ContextWindow)]
    [InlineData(500, null, "the prompt exceeds the context window of the model", (int)FailureClass.ContextWindow)]
    [InlineData(400, null, "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000, decrease input length or `max_tokens` and try again", (int)FailureClass.ContextWindow)]
    [InlineData(400, null, "the input length exceeds the context length", (int)FailureClass.ContextWindow)]
    [InlineData(422, null, "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4097. Given: 5000 `inputs` tokens and 1000 `max_new_tokens`", (int)FailureClass.ContextWindow)]
    [InlineData(400, null, "The model returned the following errors: Input is too long for requested model.", (int)FailureClass.ContextWindow)]
    [InlineData(400, null, "Input Tokens Exceeded: Number of input tokens exceeds maximum length. Please update the input to try again.", (int)FailureClass.ContextWindow)]
    [InlineData(429, null, "Too many tokens, please wait before trying again.", (int)FailureClass.RateLimit)]
    [InlineData(403, null, "You don't have access to the model with the specified model ID.", (int)FailureClass.Authentication)]
    [InlineData(400, "content_policy_violation", "Your request was rejected.", (int)FailureClass.ContentPolicy)]
    [InlineData(400, null, "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.", (int)FailureClass.ContentPolicy)]
    [InlineData(400, null, "temperature must be between 0 and 2", (int)FailureClass.BadRequest)]
    [InlineData(401, null, "bad key", (int)FailureClass.Authentication)]
    [InlineData(429, null, "Rate limit reached: too many tokens per min", (int)FailureClass.RateLimit)]
    [InlineData(504, null, "gateway timeout", (int)FailureClass.Timeout)]
    [InlineData(404, null, "model not found", (int)FailureClass.Other)]
    [InlineData(503, null, "overloaded", (int)FailureClass.Other)]
    [InlineData(413, "rate_limit_exceeded", "Request too large for model `x` on tokens per minute (TPM): Limit 6000, Requested 8000", (int)FailureClass.RateLimit)]
    [InlineData(498, null, "Flex tier capacity exceeded", (int)FailureClass.RateLimit)]
    public void AnUpstreamsError_HasItsClass(int status, string? code, string message, int expected) =>
        Assert.Equal((FailureClass)expected, FailureClasses.Of(new Failure { Kind = FailureKind.UpstreamStatus, UpstreamStatus = status, Code = code, Message = message }));

    [Fact]
    public void AnAccountThatIsRefused_IsLikeAKeyThatIs() =>
        Assert.Equal(FailureClass.Authentication, FailureClasses.Of(new Failure { Kind = FailureKind.UpstreamStatus, UpstreamStatus = 400, Message = "no", AccountFault = true }));

    [Fact]
    public void ARequestThatIsTooLong_MayFallBackButNotMoveOn()
    {
        var failure = AttemptFailure.Of(
            new Failure { Kind = FailureKind.UpstreamStatus, UpstreamStatus = 400, Message = "prompt is too long" }, retryable: false, callerFault: true);
        Assert.Equal((false, true), (failure.MayMoveOn, failure.MayFallBack));
    }
}
