using System.Reflection;
using Microsoft.Extensions.Logging;
using OrleansLlm.Api.Keys;
using OrleansLlm.Keys;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Gateway.Keys;

/// <summary>Keys of older versions are brought into the shorter lists behind everybody's back: what goes wrong there is told in the log.</summary>
public class AccountListingTests
{
    [Fact]
    public async Task AListingThatFails_IsLogged_AndBegunAgainByTheNextQuestion()
    {
        var logs = new CapturedLogs();
        using var factory = new LoggerFactory([logs]);
        var listing = new AccountListing(DispatchProxy.Create<IGrainFactory, UnlistedGrains>(), factory.CreateLogger<AccountListing>());
        foreach (var times in (int[])[1, 2])
        {
            await Eventually.UntilAsync(
                async () =>
                {
                    Assert.False(await listing.IsDoneAsync(AccountKind.Key));
                    return logs.Of("AccountsNotListed").Count >= times;
                },
                $"failure {times} is in the log");
        }

        Assert.All(logs.Of("AccountsNotListed"), line => Assert.Contains(UnlistedGrains.Fault, line, StringComparison.Ordinal));
    }
}

/// <summary>The grains of an older version's lists, whose store fails; and who gives them out.</summary>
internal class UnlistedGrains : DispatchProxy
{
    public const string Fault = "the store is away";

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => targetMethod!.Name switch
    {
        nameof(IGrainFactory.GetGrain) => Create<IAccountIndexGrain, UnlistedGrains>(),
        nameof(IAccountIndexGrain.IsListedAsync) => Task.FromResult(false),
        nameof(IAccountIndexGrain.ListAsync) => Task.FromException(new TimeoutException(Fault)),
        _ => throw new NotSupportedException(targetMethod.Name),
    };
}
