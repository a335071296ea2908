using Microsoft.CodeAnalysis;

namespace Orleans.Embedded.Generator;

/// <summary>What is read from the symbols: plain values, so that an unchanged grain is not generated again.</summary>
internal sealed record InterfaceModel(string FullName, string ProxyName, string DisplayName, Sequence<MethodModel> Methods, Sequence<Problem> Problems);

internal sealed record MethodModel(
    string DeclaringInterface, string Name, string DisplayName, ReturnKind Kind, string ReturnType, string ResultType,
    string Options, long TimeoutTicks, Sequence<ParameterModel> Parameters);

internal sealed record ParameterModel(string Type, string Name, bool IsToken);

/// <param name="States">What its constructors take as IPersistentState.</param>
internal sealed record ClassModel(string FullName, Sequence<string> Interfaces, Sequence<string> States, Sequence<Problem> Problems);

internal enum ReturnKind
{
    Void,
    Task,
    TaskOf,
    ValueTask,
    ValueTaskOf,
    Sequence,
}

/// <summary>A diagnostic with its place as plain values.</summary>
internal sealed record Problem(string Id, string Argument, string File, int Start, int Length, int StartLine, int StartColumn, int EndLine, int EndColumn)
{
    public static Problem At(DiagnosticDescriptor descriptor, ISymbol symbol, string argument)
    {
        var location = symbol.Locations.FirstOrDefault(l => l.IsInSource);
        var lines = location?.GetLineSpan() ?? default;
        var span = location?.SourceSpan ?? default;
        return new(descriptor.Id, argument, lines.Path ?? "", span.Start, span.Length,
            lines.StartLinePosition.Line, lines.StartLinePosition.Character, lines.EndLinePosition.Line, lines.EndLinePosition.Character);
    }

    public Diagnostic ToDiagnostic() => Diagnostic.Create(
        Problems.ById[Id],
        File.Length == 0 ? Location.None : Location.Create(File, new(Start, Length), new(new(StartLine, StartColumn), new(EndLine, EndColumn))),
        Argument);
}
