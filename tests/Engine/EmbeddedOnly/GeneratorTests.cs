using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace OrleansLlm.Engine.EmbeddedOnly;

/// <summary>What the engine does not do is said at build time, at its place.</summary>
public sealed class GeneratorTests
{
    [Theory]
    [InlineData("EMB001", "public interface I : IGrainWithStringKey { int P { get; } }")]
    [InlineData("EMB001", "public interface I : IGrainWithStringKey { event System.Action E; }")]
    [InlineData("EMB002", "public interface I : IGrainWithStringKey { int M(); }")]
    [InlineData("EMB002", "public interface I : IGrainWithStringKey { void M(); }")]
    [InlineData("EMB003", "public interface I : IGrainWithStringKey { Task M(ref int x); }")]
    [InlineData("EMB003", "public interface I : IGrainWithStringKey { Task M(out int x); }")]
    [InlineData("EMB004", "public interface I<T> : IGrainWithStringKey { Task M(); }")]
    [InlineData("EMB004", "public interface I : IGrainWithStringKey { Task M<T>(T x); }")]
    [InlineData("EMB004", "public interface I : IGrainWithStringKey { } public class G<T> : Grain, I { }")]
    [InlineData("EMB005", "public class C { private interface I : IGrainWithStringKey { Task M(); } }")]
    [InlineData("EMB006", "public interface I : IGrainWithStringKey { Task M() => Task.CompletedTask; }")]
    [InlineData("EMB007", "public interface I : IGrain { Task M(); }")]
    [InlineData("EMB008", "public interface I : IGrainWithStringKey { Task M(CancellationToken a, CancellationToken b); }")]
    [InlineData("EMB009", "public interface I : IGrainWithStringKey { [OneWay] Task<int> M(); }")]
    public void UnsupportedShape_IsAnError(string id, string source)
    {
        var (diagnostics, _) = Generate(source);
        Assert.Contains(diagnostics, d => d.Id == id && d.Severity == DiagnosticSeverity.Error && d.Location.GetLineSpan().Path == "Grain.cs");
    }

    [Theory]
    [InlineData("public interface I : IGrainWithStringKey { Task M(); Task<int> N(int x, CancellationToken token = default); ValueTask V(); ValueTask<string?> W(string? s); }")]
    [InlineData("public interface I : IGrainWithStringKey { IAsyncEnumerable<int> M(int token, CancellationToken ct = default); [OneWay] void O(int grain); [OneWay] ValueTask P(); }")]
    [InlineData("public interface A : IGrainWithStringKey { Task M(int x); Task M(string x); } public interface B : A { Task N((int X, string? Y) pair); }")]
    [InlineData("public static class C { internal interface I : IGrainWithStringKey { Task M(Dictionary<string, List<int?>> @class); } }")]
    [InlineData("public partial interface I : IGrainWithStringKey { Task M(); } public partial interface I : IGrainWithStringKey { Task N(); } public partial class G : Grain, I { public Task M() => Task.CompletedTask; public Task N() => Task.CompletedTask; } public partial class G : I { }")]
    public void SupportedShape_Compiles(string source)
    {
        var (diagnostics, compilation) = Generate(source);
        Assert.Empty(diagnostics);
        Assert.Empty(compilation.GetDiagnostics().Where(d => d.Severity >= DiagnosticSeverity.Warning));
    }

    [Fact]
    public void Part_NamesItsOwnAssembly_AndTheReferencedOnesWithGrains()
    {
        var (_, compilation) = Generate("public interface I : IGrainWithStringKey { Task M(); }", typeof(GeneratorTests).Assembly.Location);
        var parts = compilation.Assembly.GetAttributes()
            .Where(a => a.AttributeClass!.Name == nameof(ApplicationPartAttribute)).Select(a => (string)a.ConstructorArguments[0].Value!);
        Assert.Equal(["Generated", typeof(GeneratorTests).Assembly.GetName().Name!], parts.Order());
    }

    private static (Diagnostic[] Diagnostics, Compilation Compilation) Generate(string source, params string[] references)
    {
        var path = typeof(GeneratorTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "Generator").Value!;
        var generator = (IIncrementalGenerator)Activator.CreateInstance(Assembly.LoadFrom(path).GetType("Orleans.Embedded.Generator.GrainGenerator", throwOnError: true)!)!;
        var usings = "#nullable enable\nusing System.Collections.Generic; using System.Threading; using System.Threading.Tasks; using Orleans; using Orleans.Concurrency;\n";
        var platform = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(p => Path.GetFileName(p).StartsWith("System.", StringComparison.Ordinal) || Path.GetFileName(p) is "netstandard.dll");
        var parse = new CSharpParseOptions(LanguageVersion.Latest);
        var compilation = CSharpCompilation.Create(
            "Generated",
            [CSharpSyntaxTree.ParseText(usings + source, parse, "Grain.cs")],
            [.. platform.Append(typeof(Grain).Assembly.Location).Concat(references).Select(p => MetadataReference.CreateFromFile(p))],
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
        CSharpGeneratorDriver.Create([generator.AsSourceGenerator()], parseOptions: parse)
            .RunGeneratorsAndUpdateCompilation(compilation, out var after, out var diagnostics);
        return ([.. diagnostics], after);
    }
}
