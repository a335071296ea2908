using System.Collections.Immutable;
using System.Reflection;
using System.Runtime.CompilerServices;
using OrleansLlm.Backends;

namespace OrleansLlm.Tests.Rules.Contracts;

/// <summary>
/// Orleans copies arguments and the Embedded engine shares them: only with immutable messages is that the same. And what is on the wire or
/// in a store is named for ever.
/// </summary>
public class ContractTests
{
    private static readonly Type[] Messages = [.. typeof(IBackendGrain).Assembly.GetTypes().Where(t => t.IsDefined(typeof(GenerateSerializerAttribute), false))];

    public static TheoryData<Type> AllMessages => [.. Messages];

    public static TheoryData<Type> AllInterfaces => [.. typeof(IBackendGrain).Assembly.GetTypes().Where(IsGrainInterface)];

    [Theory]
    [MemberData(nameof(AllMessages))]
    public void AMessage_IsAnImmutableRecordWithNamedMembers(Type message)
    {
        Assert.NotNull(message.GetCustomAttribute<AliasAttribute>(false));
        if (typeof(Exception).IsAssignableFrom(message)) return;
        if (message.IsEnum)
        {
            Assert.Equal(Enum.GetValues(message).Length, Enum.GetValues(message).Cast<int>().Distinct().Count());
            return;
        }

        Assert.True(message.IsSealed || message.IsAbstract, "sealed, or the abstract root of a closed set");
        Assert.NotNull(message.GetMethod("<Clone>$"));
        Assert.True(message.IsDefined(typeof(ImmutableAttribute), false), "[Immutable]");
        var properties = message.GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly).Where(p => p.SetMethod is not null).ToList();
        Assert.All(properties, p => Assert.Contains(typeof(IsExternalInit), p.SetMethod!.ReturnParameter.GetRequiredCustomModifiers()));
        Assert.All(properties, p => Assert.True(IsImmutable(p.PropertyType), $"{p.Name} is a {p.PropertyType.Name}"));
        var ids = properties.Select(p => p.GetCustomAttribute<IdAttribute>()).ToList();
        Assert.All(ids, Assert.NotNull);
        // Not without gaps: a number that was given away is never used again.
        Assert.Distinct(ids.Select(i => i!.Id));
        Assert.All(message.GetFields(BindingFlags.Instance | BindingFlags.NonPublic), f => Assert.Contains("k__BackingField", f.Name, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(AllInterfaces))]
    public void AGrainInterface_NamesItselfAndItsMethods_AndSpeaksInMessages(Type grain)
    {
        Assert.NotNull(grain.GetCustomAttribute<AliasAttribute>(false));
        var methods = grain.GetMethods();
        Assert.All(methods, m => Assert.NotNull(m.GetCustomAttribute<AliasAttribute>(false)));
        Assert.Equal(methods.Length, methods.Select(m => m.GetCustomAttribute<AliasAttribute>(false)!.Alias).Distinct().Count());
        Assert.All(methods.SelectMany(m => m.GetParameters()), p => Assert.True(p.ParameterType == typeof(CancellationToken) || IsImmutable(p.ParameterType), $"{grain.Name}: {p}"));
        Assert.All(methods, m => Assert.True(IsImmutable(ResultOf(m.ReturnType)), $"{grain.Name}.{m.Name}"));
    }

    [Fact]
    public void Aliases_AreUnique()
    {
        var aliases = typeof(IBackendGrain).Assembly.GetTypes().Select(t => t.GetCustomAttribute<AliasAttribute>(false)?.Alias).OfType<string>().ToList();
        Assert.Equal(aliases.Count, aliases.Distinct().Count());
    }

    private static bool IsGrainInterface(Type type) => type.IsInterface && typeof(IGrainWithStringKey).IsAssignableFrom(type);

    private static Type ResultOf(Type type) => type.IsGenericType ? type.GetGenericArguments()[0] : typeof(bool);

    private static bool IsImmutable(Type type)
    {
        if (Nullable.GetUnderlyingType(type) is { } inner) return IsImmutable(inner);
        if (type.IsPrimitive || type.IsEnum || type == typeof(string) || type == typeof(TimeSpan) || type == typeof(DateTimeOffset)) return true;
        if (type == typeof(ReadOnlyMemory<byte>) || typeof(IGrainWithStringKey).IsAssignableFrom(type)) return true;
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ImmutableArray<>)) return IsImmutable(type.GetGenericArguments()[0]);
        return Messages.Contains(type);
    }
}
