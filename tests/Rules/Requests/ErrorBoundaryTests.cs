using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansLlm.Api.Doors;
using OrleansLlm.Api.Errors;
using OrleansLlm.Inference;

namespace OrleansLlm.Tests.Rules.Requests;

/// <summary>A client that has left is no fault of ours, also where a write notices it before the server says so. What is out of reach for a moment is no fault at all.</summary>
public class ErrorBoundaryTests
{
    [Theory]
    [InlineData(true, 499)]
    [InlineData(false, 503)]
    public async Task AClientThatLeft_IsNoFault_AnyOtherCancellationIsLostContact(bool isTheClients, int status)
    {
        using var client = new CancellationTokenSource();
        using var other = new CancellationTokenSource();
        var context = await AnswerAsync(new OperationCanceledException("Somebody has left.", isTheClients ? client.Token : other.Token), client.Token);
        Assert.Equal(status, context.Response.StatusCode);
    }

    [Fact]
    public async Task WhateverRouteLosesContact_SaysSo_AndWhenToAskAgain()
    {
        using var client = new CancellationTokenSource();
        foreach (var lost in new Exception[] { new TimeoutException(), new NodeDrainingException(), new ContactLostException("gone"), new TaskCanceledException() })
        {
            var context = await AnswerAsync(lost, client.Token);
            Assert.Equal((503, "2"), (context.Response.StatusCode, context.Response.Headers.RetryAfter.ToString()));
            Assert.Contains("\"code\":\"gateway_unreachable\"", Encoding.UTF8.GetString(((MemoryStream)context.Response.Body).ToArray()), StringComparison.Ordinal);
        }
    }

    /// <summary>A silo's failure arrives as the exception that it was: this process may have memory enough.</summary>
    [Fact]
    public async Task MemoryThatHasRunOut_HereOrOnASilo_IsAnsweredInWords()
    {
        using var client = new CancellationTokenSource();
        var context = await AnswerAsync(new InsufficientMemoryException(), client.Token);
        Assert.Equal((503, "2"), (context.Response.StatusCode, context.Response.Headers.RetryAfter.ToString()));
        Assert.Contains("\"code\":\"overloaded\"", Encoding.UTF8.GetString(((MemoryStream)context.Response.Body).ToArray()), StringComparison.Ordinal);
        Assert.True(Contact.IsLost(context, new InsufficientMemoryException()));
    }

    [Fact]
    public async Task AnythingElse_IsOurFault_AndAClientThatWasCutIsNotAnswered()
    {
        using var client = new CancellationTokenSource();
        Assert.Equal(500, (await AnswerAsync(new InvalidOperationException(), client.Token)).Response.StatusCode);
        Assert.Equal(499, (await AnswerAsync(new ClientGoneException("It took nothing."), client.Token)).Response.StatusCode);
    }

    private static async Task<HttpContext> AnswerAsync(Exception failure, CancellationToken client)
    {
        var context = new DefaultHttpContext { RequestAborted = client };
        context.Response.Body = new MemoryStream();
        await new ErrorBoundary(_ => throw failure, TimeProvider.System, NullLogger<ErrorBoundary>.Instance).InvokeAsync(context);
        return context;
    }
}
