using System.Globalization;
using System.Reflection;
using OrleansLlm.Backends;

namespace OrleansLlm.Tests.Rules.Contracts;

/// <summary>
/// What nodes of two versions call each other by while a cluster is upgraded: <c>wire.txt</c> has all of it. Who takes a line away, or gives a number to
/// another type, breaks the requests that cross from one version to the other; a method or a member is kept for a version after its last use.
/// </summary>
public class WireNamesTests
{
    private const string File = "wire.txt";

    private static readonly string[] Known = Read();

    [Fact]
    public void NothingIsTakenAway() => Assert.Empty(Known.Except(Now()));

    [Fact]
    public void WhatIsNew_StandsThere() => Assert.Empty(Now().Except(Known));

    private static IEnumerable<string> Now()
    {
        var types = typeof(IBackendGrain).Assembly.GetTypes();
        var methods = types.Where(t => t.IsInterface && t.IsAssignableTo(typeof(IGrainWithStringKey))).SelectMany(t => t.GetMethods().Select(m => $"{AliasOf(t)}.{AliasOf(m)}({string.Join(", ", m.GetParameters().Select(p => NameOf(p.ParameterType)))}) {NameOf(m.ReturnType)}"));
        var members = types.Where(t => t.IsDefined(typeof(GenerateSerializerAttribute), false)).SelectMany(t => t
            .GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly)
            .Where(p => p.GetCustomAttribute<IdAttribute>() is not null)
            .Select(p => $"{AliasOf(t)}:{p.GetCustomAttribute<IdAttribute>()!.Id} {NameOf(p.PropertyType)}"));
        var messages = types.Where(t => t.IsDefined(typeof(GenerateSerializerAttribute), false)).Select(t => AliasOf(t)!);
        var values = types.Where(t => t.IsEnum && AliasOf(t) is not null).SelectMany(t => Enum.GetValues(t).Cast<object>().Select(v => $"{AliasOf(t)}={Convert.ToInt64(v, CultureInfo.InvariantCulture)}"));
        return methods.Concat(messages).Concat(members).Concat(values).Distinct().Order(StringComparer.Ordinal);
    }

    private static string? AliasOf(MemberInfo member) => member.GetCustomAttribute<AliasAttribute>(false)?.Alias;

    private static string NameOf(Type type)
    {
        if (!type.IsGenericType) return AliasOf(type) ?? type.Name;
        return $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}<{string.Join(", ", type.GenericTypeArguments.Select(NameOf))}>";
    }

    private static string[] Read()
    {
        using var stream = typeof(WireNamesTests).Assembly.GetManifestResourceStream(File)!;
        using var reader = new StreamReader(stream);
        return [.. reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
    }
}
