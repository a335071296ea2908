using OrleansLlm.Silo.Configuration.Live;

namespace OrleansLlm.Bench.Fuzz.Rules;

/// <summary>A configuration with one model, <c>MODEL</c>.</summary>
internal static class FuzzCatalog
{
    public static LiveCatalog New() => new(
        """
        model_list:
          - {model_name: MODEL, litellm_params: {model: openai/m, api_base: "http://127.0.0.1:1/v1", api_key: k}, model_info: {max_input_tokens: 5000}}
        litellm_settings: {cache: true}
        """,
        _ => null);
}
