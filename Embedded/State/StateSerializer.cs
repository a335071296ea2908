using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Orleans.Embedded;

/// <summary>State as UTF-8 JSON, with the CLR names of its members: readable with any SQLite shell. Renaming a member loses it, adding one does not.</summary>
internal static class StateSerializer
{
    private static readonly JsonSerializerOptions Options = new()
    {
        IncludeFields = true,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { SetPrivateSetters } },
    };

    public static byte[] Serialize<T>(T? state) => JsonSerializer.SerializeToUtf8Bytes(state, Options);

    public static T? Deserialize<T>(ReadOnlySpan<byte> payload) => JsonSerializer.Deserialize<T>(payload, Options);

    /// <summary>The state of a grain that has none stored: default-constructed, or blank where there is no such constructor.</summary>
    public static T Create<T>()
    {
        if (typeof(T).IsValueType || typeof(T) == typeof(string) || typeof(T).IsArray || typeof(T).IsAbstract) return default!;
        return typeof(T).GetConstructor(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic, Type.EmptyTypes) is { } constructor
            ? (T)constructor.Invoke(null)
            : (T)RuntimeHelpers.GetUninitializedObject(typeof(T));
    }

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
