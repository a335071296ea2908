using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Orleans.Storage;
using OrleansLlm.Catalog;
using OrleansLlm.Grains.Keys;
using OrleansLlm.Grains.Limits;
using OrleansLlm.Keys;

namespace OrleansLlm.Tests.Cluster;

/// <summary>State comes back from Redis as it went there: it is kept in the JSON of Orleans' own serializer.</summary>
public class StoredStateTests
{
    [Fact]
    public void AnAccount_AndTheLimitsOfAScope_MakeTheRoundTrip()
    {
        using var services = new ServiceCollection().AddSerializer().AddSingleton<OrleansJsonSerializer>().BuildServiceProvider();
        var serializer = new JsonGrainStorageSerializer(ActivatorUtilities.CreateInstance<OrleansJsonSerializer>(services));
        var account = new AccountState
        {
            LastChange = "c",
            Account = new Account
            {
                Kind = AccountKind.Key, Id = "abc", Version = 3, Models = ["m", "n*"], Limits = new RateLimits { Requests = 5, Parallel = 2 },
                ModelLimits = [new ModelLimits("m", new RateLimits { Tokens = 7 })], MaxBudget = 1.5, Blocked = true, Expires = DateTimeOffset.UnixEpoch,
                UserId = "ada", Metadata = """{"a":1}""", Priority = 1, Weight = 2.5, AllowUserField = true, Mask = "sk-...1234", CreatedAt = DateTimeOffset.UnixEpoch,
            },
        };
        Assert.Equal(JsonSerializer.Serialize(account), JsonSerializer.Serialize(Again(account)));
        var limits = new LimitState
        {
            Open = true, Own = new RateLimits { Requests = 9, Budget = new Budget { Max = 2.5, Duration = "30d", Soft = 1 } },
            Budget = new BudgetState { Spent = 0.1, EndsAt = 7, Duration = "30d", Told = 1 }, SeenOn = 5,
        };
        Assert.Equal(JsonSerializer.Serialize(limits), JsonSerializer.Serialize(Again(limits)));
        var index = new ScopeIndexState { Users = { ["user:ada"] = 3 }, Limits = { ["all"] = 4 } };
        Assert.Equal(JsonSerializer.Serialize(index), JsonSerializer.Serialize(Again(index)));
        // The serializer fills the objects that it finds in properties: none of them may be shared.
        Assert.Equal(new RateLimits(), RateLimits.None);

        T Again<T>(T state) => serializer.Deserialize<T>(serializer.Serialize(state))!;
    }
}
