using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Errors;

namespace OrleansLlm.Tests.Rules.Requests;

public class ErrorWriterTests
{
    [Theory]
    [InlineData(200, "1", "200")]
    [InlineData(0.5, "1", "1")]
    [InlineData(1000, "1", "")]
    [InlineData(1500, "2", "")]
    [InlineData(0, "1", "")]
    public async Task AWaitOfLessThanASecond_IsToldInMilliseconds_ToWhoReadsThem(double milliseconds, string seconds, string precise)
    {
        var context = new DefaultHttpContext();
        context.Response.Body = new MemoryStream();
        await ErrorWriter.WriteAsync(context, new ApiError(429, "later", "rate_limit_error") { RetryAfter = TimeSpan.FromMilliseconds(milliseconds) });

        Assert.Equal((seconds, precise), (context.Response.Headers.RetryAfter.ToString(), context.Response.Headers["retry-after-ms"].ToString()));
    }
}
