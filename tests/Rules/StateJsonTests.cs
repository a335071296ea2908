using System.Text.Json;
using OrleansLlm.Grains;
using OrleansLlm.Keys;

namespace OrleansLlm.Tests.Rules;

/// <summary>What a native program, which has no reflection, stores of grains.</summary>
public sealed class StateJsonTests
{
    public static TheoryData<Type> States => [.. typeof(StateJson).Assembly.GetTypes()
        .SelectMany(t => t.GetConstructors()).SelectMany(c => c.GetParameters()).Select(p => p.ParameterType)
        .Where(t => t.IsGenericType && t.GetGenericTypeDefinition() == typeof(IPersistentState<>)).Select(t => t.GenericTypeArguments[0]).Distinct()];

    [Theory]
    [MemberData(nameof(States))]
    public void EveryState_IsKnown_AndIsWrittenAsByReflection(Type state)
    {
        var blank = Activator.CreateInstance(state);

        Assert.NotNull(StateJson.Default.GetTypeInfo(state));
        Assert.Equal(JsonSerializer.Serialize(blank, state), JsonSerializer.Serialize(blank, state, StateJson.Default));
    }

    /// <summary>An older version knew fewer members.</summary>
    [Fact]
    public void AnAccountWithoutItsNewerMembers_HasTheirDefaults()
    {
        const string Old = """{"Account":{"Kind":2,"Id":"t1"}}""";

        var account = JsonSerializer.Deserialize(Old, StateJson.Default.AccountState)!.Account!;

        var blank = new Account { Kind = AccountKind.Team, Id = "t1" };
        Assert.Equal(JsonSerializer.Serialize(blank), JsonSerializer.Serialize(account));
        Assert.Equal(JsonSerializer.Serialize(blank), JsonSerializer.Serialize(blank, StateJson.Default.Account));
    }
}
