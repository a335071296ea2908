namespace OrleansLlm.Providers.Gemini;

/// <summary>What differs between Gemini's generations, by the model's name.</summary>
internal static class GeminiModels
{
    /// <summary>It thinks by level, and wants the signatures of its thoughts back with the calls they led to; earlier ones think by a budget.</summary>
    public static bool ThinksByLevel(string model)
    {
        var at = model.IndexOf("gemini-", StringComparison.OrdinalIgnoreCase);
        return at >= 0 && model.Length > at + 7 && model[at + 7] is >= '3' and <= '9';
    }
}
