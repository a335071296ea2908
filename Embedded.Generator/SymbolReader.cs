using Microsoft.CodeAnalysis;

namespace Orleans.Embedded.Generator;

/// <summary>From symbols to models, with every problem at its place.</summary>
internal static class SymbolReader
{
    private static readonly SymbolDisplayFormat Full = SymbolDisplayFormat.FullyQualifiedFormat.AddMiscellaneousOptions(
        SymbolDisplayMiscellaneousOptions.IncludeNullableReferenceTypeModifier);

    public static InterfaceModel? ReadInterface(INamedTypeSymbol symbol)
    {
        if (symbol.TypeKind != TypeKind.Interface || !symbol.AllInterfaces.Any(static i => Is(i, "Orleans.Runtime.IAddressable"))) return null;
        if (symbol.ContainingNamespace.ToDisplayString() is "Orleans" or "Orleans.Runtime") return null;
        var problems = new List<Problem>();
        CheckType(symbol, problems);
        if (!symbol.AllInterfaces.Any(static i => Is(i, "Orleans.IGrainWithStringKey")) && symbol.AllInterfaces.Any(static i => Is(i, "Orleans.IGrain")))
            problems.Add(Problem.At(Problems.Key, symbol, symbol.Name));

        var methods = new List<MethodModel>();
        foreach (var member in symbol.AllInterfaces.Concat([symbol]).SelectMany(static i => i.GetMembers()).Where(static m => !m.IsStatic))
        {
            if (member is IMethodSymbol { AssociatedSymbol: null } method) ReadMethod(method, methods, problems);
            else if (member is IPropertySymbol or IEventSymbol) problems.Add(Problem.At(Problems.Property, member, member.Name));
        }

        var fullName = symbol.ToDisplayString(Full);
        var proxyName = "Proxy_" + symbol.ToDisplayString().Replace('.', '_').Replace('<', '_').Replace('>', '_').Replace(',', '_').Replace(' ', '_');
        return new(fullName, proxyName, symbol.Name, new([.. methods]), new([.. problems]));
    }

    public static ClassModel? ReadClass(INamedTypeSymbol symbol)
    {
        if (symbol.TypeKind != TypeKind.Class || symbol.IsAbstract || !Bases(symbol).Any(static b => Is(b, "Orleans.Grain"))) return null;
        var interfaces = symbol.AllInterfaces.Where(static i => i.AllInterfaces.Any(static a => Is(a, "Orleans.IGrainWithStringKey"))).ToArray();
        if (interfaces.Length == 0) return null;
        var problems = new List<Problem>();
        CheckType(symbol, problems);
        var states = symbol.InstanceConstructors.SelectMany(static c => c.Parameters).Select(static p => p.Type).OfType<INamedTypeSymbol>()
            .Where(static t => Is(t.OriginalDefinition, "Orleans.Runtime.IPersistentState<TState>")).Select(static t => t.TypeArguments[0]).ToArray();
        foreach (var state in states.OfType<INamedTypeSymbol>().Where(static s => !IsVisible(s))) problems.Add(Problem.At(Problems.Hidden, symbol, state.Name));
        return new(
            symbol.ToDisplayString(Full), new([.. interfaces.Select(static i => i.ToDisplayString(Full))]),
            new([.. states.Select(static s => s.ToDisplayString(Full)).Distinct()]), new([.. problems]));
    }

    private static void CheckType(INamedTypeSymbol symbol, List<Problem> problems)
    {
        for (INamedTypeSymbol? type = symbol; type is not null; type = type.ContainingType)
        {
            if (type.IsGenericType) problems.Add(Problem.At(Problems.Generic, symbol, symbol.Name));
            if (!IsReachable(type)) problems.Add(Problem.At(Problems.Hidden, symbol, symbol.Name));
        }
    }

    private static bool IsVisible(INamedTypeSymbol type) => IsReachable(type) && (type.ContainingType is null || IsVisible(type.ContainingType));

    private static bool IsReachable(INamedTypeSymbol type) =>
        !type.IsFileLocal && type.DeclaredAccessibility is not (Accessibility.Private or Accessibility.Protected or Accessibility.ProtectedAndInternal);

    private static void ReadMethod(IMethodSymbol method, List<MethodModel> methods, List<Problem> problems)
    {
        var before = problems.Count;
        var options = OptionsOf(method);
        var kind = KindOf(method.ReturnType);
        if (method.IsGenericMethod) problems.Add(Problem.At(Problems.Generic, method, method.Name));
        if (!method.IsAbstract) problems.Add(Problem.At(Problems.Body, method, method.Name));
        if (kind is null || (kind == ReturnKind.Void && !options.Contains("OneWay"))) problems.Add(Problem.At(Problems.ReturnType, method, method.Name));
        else if (options.Contains("OneWay") && kind is not (ReturnKind.Void or ReturnKind.Task or ReturnKind.ValueTask))
            problems.Add(Problem.At(Problems.OneWay, method, method.Name));
        foreach (var parameter in method.Parameters.Where(static p => p.RefKind != RefKind.None))
            problems.Add(Problem.At(Problems.ByReference, parameter, parameter.Name));
        var parameters = method.Parameters.Select(static p => new ParameterModel(p.Type.ToDisplayString(Full), p.Name, Is(p.Type, "System.Threading.CancellationToken"))).ToArray();
        if (parameters.Count(static p => p.IsToken) > 1) problems.Add(Problem.At(Problems.Tokens, method, method.Name));
        if (problems.Count > before) return;
        var result = method.ReturnType is INamedTypeSymbol { TypeArguments.Length: 1 } generic ? generic.TypeArguments[0].ToDisplayString(Full) : "";
        methods.Add(new(
            method.ContainingType.ToDisplayString(Full), method.Name, $"{method.ContainingType.Name}.{method.Name}", kind!.Value,
            method.ReturnType.ToDisplayString(Full), result, options, TimeoutOf(method), new(parameters)));
    }

    private static ReturnKind? KindOf(ITypeSymbol type)
    {
        if (type.SpecialType == SpecialType.System_Void) return ReturnKind.Void;
        return $"{type.ContainingNamespace}.{type.MetadataName}" switch
        {
            "System.Threading.Tasks.Task" => ReturnKind.Task,
            "System.Threading.Tasks.Task`1" => ReturnKind.TaskOf,
            "System.Threading.Tasks.ValueTask" => ReturnKind.ValueTask,
            "System.Threading.Tasks.ValueTask`1" => ReturnKind.ValueTaskOf,
            "System.Collections.Generic.IAsyncEnumerable`1" => ReturnKind.Sequence,
            _ => null,
        };
    }

    private static string OptionsOf(IMethodSymbol method)
    {
        const string Options = "global::Orleans.Embedded.CallOptions.";
        var found = new List<string>();
        if (Has(method, "Orleans.Concurrency.OneWayAttribute")) found.Add(Options + "OneWay");
        if (Has(method, "Orleans.Concurrency.ReadOnlyAttribute")) found.Add(Options + "ReadOnly");
        if (Has(method, "Orleans.Concurrency.AlwaysInterleaveAttribute") || KindOf(method.ReturnType) == ReturnKind.Sequence)
            found.Add(Options + "AlwaysInterleave");
        return found.Count == 0 ? Options + "None" : string.Join(" | ", found);
    }

    private static long TimeoutOf(IMethodSymbol method)
    {
        var attribute = method.GetAttributes().FirstOrDefault(static a => a.AttributeClass is { } c && Is(c, "Orleans.ResponseTimeoutAttribute"));
        return attribute?.ConstructorArguments.FirstOrDefault().Value is string text && TimeSpan.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var timeout) ? timeout.Ticks : 0;
    }

    private static bool Has(IMethodSymbol method, string attribute) =>
        method.GetAttributes().Any(a => a.AttributeClass is { } c && Is(c, attribute));

    private static bool Is(ITypeSymbol type, string fullName) => type.ToDisplayString() == fullName;

    private static IEnumerable<INamedTypeSymbol> Bases(INamedTypeSymbol symbol)
    {
        for (var type = symbol.BaseType; type is not null; type = type.BaseType) yield return type;
    }
}
