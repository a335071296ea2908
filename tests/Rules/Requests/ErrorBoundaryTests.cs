using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansLlm.Api.Errors;

namespace OrleansLlm.Tests.Rules.Requests;

/// <summary>A client that has left is no fault of ours, also where a write notices it before the server says so.</summary>
public class ErrorBoundaryTests
{
    [Theory]
    [InlineData(true, 499)]
    [InlineData(false, 500)]
    public async Task AClientThatLeft_IsNoFault_AnyOtherCancellationIs(bool isTheClients, int status)
    {
        using var client = new CancellationTokenSource();
        using var other = new CancellationTokenSource();
        var context = new DefaultHttpContext { RequestAborted = client.Token };
        context.Response.Body = new MemoryStream();
        var boundary = new ErrorBoundary(_ => throw new OperationCanceledException("The client has left.", isTheClients ? client.Token : other.Token), TimeProvider.System, NullLogger<ErrorBoundary>.Instance);
        await boundary.InvokeAsync(context);
        Assert.Equal(status, context.Response.StatusCode);
    }
}
