using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Orleans.Embedded;

/// <summary>State as UTF-8 JSON, with the CLR names of its members: readable with any SQLite shell. Renaming a member loses it, adding one does not.</summary>
/// <param name="known">What was compiled for states (<see cref="Hosting.StateJsonExtensions.AddStateJson"/>). Others are looked at while the process runs, where that is possible.</param>
internal sealed class StateSerializer(IEnumerable<StateJsonSource> known)
{
    private readonly JsonSerializerOptions _options = new()
    {
        IncludeFields = true,
        TypeInfoResolver = JsonTypeInfoResolver.Combine([.. known.Select(k => k.Types), .. ByReflection()]),
    };

    public byte[] Serialize<T>(T? state) => JsonSerializer.SerializeToUtf8Bytes(state!, InfoOf<T>());

    public T? Deserialize<T>(ReadOnlySpan<byte> payload) => JsonSerializer.Deserialize(payload, InfoOf<T>());

    /// <summary>The state of a grain that has none stored: default-constructed, or blank where there is no such constructor.</summary>
    [UnconditionalSuppressMessage("Trimming", "IL2087", Justification = "What is known of a state's JSON keeps its constructors.")]
    public T Create<T>()
    {
        if (typeof(T).IsValueType || typeof(T) == typeof(string) || typeof(T).IsArray || typeof(T).IsAbstract) return default!;
        return InfoOf<T>().CreateObject is { } create ? create() : (T)RuntimeHelpers.GetUninitializedObject(typeof(T));
    }

    private JsonTypeInfo<T> InfoOf<T>() => (JsonTypeInfo<T>)_options.GetTypeInfo(typeof(T));

    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "A program that was compiled without reflection has none of it here: its states are all known.")]
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = "As above.")]
    private static IEnumerable<IJsonTypeInfoResolver> ByReflection() =>
        JsonSerializer.IsReflectionEnabledByDefault ? [new DefaultJsonTypeInfoResolver { Modifiers = { SetPrivateSetters } }] : [];

    // [Id] says that a member is state, whoever may set it: Orleans' serializer ignores accessibility, and so does this one.
    private static void SetPrivateSetters(JsonTypeInfo type)
    {
        if (type.Kind != JsonTypeInfoKind.Object) return;
        foreach (var property in type.Properties)
        {
            if (property is { Set: null, AttributeProvider: PropertyInfo { SetMethod: not null } clr } && clr.IsDefined(typeof(IdAttribute)))
                property.Set = clr.SetValue;
        }
    }
}

internal sealed record StateJsonSource(IJsonTypeInfoResolver Types);
