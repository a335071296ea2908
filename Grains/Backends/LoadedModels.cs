namespace OrleansLlm.Grains.Backends;

/// <summary>
/// Which models a backend needs not load, as far as is known: what its last health probe saw and what it was given since. A model that was
/// not there is assumed to push the others out, until a probe sees both.
/// </summary>
internal sealed class LoadedModels
{
    private const string DefaultTag = ":latest";

    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    public IReadOnlyCollection<string> Names => _names;

    public bool Contains(string model) => _names.Contains(model);

    /// <param name="running">The models of the inferences that run.</param>
    public void Granted(string model, IEnumerable<string> running)
    {
        if (_names.Contains(model)) return;
        _names.Clear();
        _names.UnionWith(running);
        _names.Add(model);
    }

    /// <inheritdoc cref="Granted" path="/param"/>
    public void Probed(IEnumerable<string> loaded, IEnumerable<string> running)
    {
        _names.Clear();
        _names.UnionWith(loaded.Select(Plain));
        _names.UnionWith(running);
    }

    /// <summary>Ollama names a model with its tag where people leave out the usual one.</summary>
    public static string Plain(string model) => model.EndsWith(DefaultTag, StringComparison.Ordinal) ? model[..^DefaultTag.Length] : model;
}
