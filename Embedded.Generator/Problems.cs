using Microsoft.CodeAnalysis;

namespace Orleans.Embedded.Generator;

/// <summary>What this engine does not do, said at build time.</summary>
internal static class Problems
{
    public static readonly DiagnosticDescriptor Property = Make(
        "EMB001", "Grain interfaces have methods only", "'{0}' is not a method: a grain interface has methods only, since every use of it is a call");

    public static readonly DiagnosticDescriptor ReturnType = Make(
        "EMB002", "A grain method is asynchronous", "'{0}' must return Task, Task<T>, ValueTask, ValueTask<T> or IAsyncEnumerable<T>, or be void and [OneWay]");

    public static readonly DiagnosticDescriptor ByReference = Make(
        "EMB003", "Grain method parameters are values", "Parameter '{0}' of a grain method cannot be ref, out or in");

    public static readonly DiagnosticDescriptor Generic = Make(
        "EMB004", "Grain interfaces and their methods are not generic", "'{0}' is generic, which this engine does not support for grain interfaces, methods and classes");

    public static readonly DiagnosticDescriptor Hidden = Make(
        "EMB005", "Grains are visible in their assembly", "'{0}' must be visible in its whole assembly (public or internal, also what it is nested in), so that generated code can name it");

    public static readonly DiagnosticDescriptor Body = Make(
        "EMB006", "Grain interface methods have no body", "'{0}' has a body: a proxy cannot tell whether it should be called or sent");

    public static readonly DiagnosticDescriptor Key = Make(
        "EMB007", "Grains have string keys", "'{0}' must extend IGrainWithStringKey, the only kind of key of this engine");

    public static readonly DiagnosticDescriptor Tokens = Make(
        "EMB008", "One cancellation token", "'{0}' has more than one CancellationToken parameter");

    public static readonly DiagnosticDescriptor OneWay = Make(
        "EMB009", "One-way methods answer nothing", "'{0}' is [OneWay] and so must return void, Task or ValueTask");

    public static readonly IReadOnlyDictionary<string, DiagnosticDescriptor> ById =
        new[] { Property, ReturnType, ByReference, Generic, Hidden, Body, Key, Tokens, OneWay }.ToDictionary(static d => d.Id);

    private static DiagnosticDescriptor Make(string id, string title, string message) =>
        new(id, title, message, "Grains", DiagnosticSeverity.Error, isEnabledByDefault: true);
}
