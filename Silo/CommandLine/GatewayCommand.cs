using System.CommandLine;
using OrleansLlm.Silo.Hosting;

namespace OrleansLlm.Silo.CommandLine;

/// <summary>The command line: run the gateway, validate a configuration, or ask a running one how it is.</summary>
internal static class GatewayCommand
{
    public static RootCommand Create()
    {
        var config = new Option<string?>("--config", "-c")
        {
            Description = "Configuration file; else CONFIG_FILE_PATH, LITELLM_CONFIG_PATH, ./gateway.yaml, ./litellm_config.yaml, DEFAULT_CONFIG_PATH.",
        };
        var port = new Option<int?>("--port", "-p") { Description = "TCP port; else PORT, else 4000." };
        port.Validators.Add(result =>
        {
            // The text and not the number: to ask for that throws where there is none.
            if (result.Tokens is [var token] && GatewayOptions.PortOf(token.Value) is null) result.AddError($"--port: expected a number from 0 to 65535, found '{token.Value}'.");
        });
        var host = new Option<string?>("--host") { Description = "Address to listen on; else HOST, else localhost, or every interface in a container. 0.0.0.0 for every interface." };
        var data = new Option<string?>("--data") { Description = "Folder for state; else DATA_DIR, else ./data." };
        var role = new Option<NodeRole>("--role") { Description = "all (front end and grains), silo or api; other than all only with the Orleans engine." };
        var root = new RootCommand("OrleansLlm: an OpenAI-compatible gateway for LLM backends.") { config, port, host, data, role, ValidateCommand.Create(), HealthCommand.Create(), StatusCommand.Create() };
        LiteLlmFlags.AddTo(root);
        root.SetAction((parsed, cancellation) => GatewayProcess.RunAsync(Options(parsed, Environment.GetEnvironmentVariable), cancellation));
        return root;
    }

    public static GatewayOptions Options(ParseResult parsed, Func<string, string?> environment) => GatewayOptions.From(
        parsed.GetValue<string?>("--config"), parsed.GetValue<int?>("--port"), parsed.GetValue<string?>("--host"), parsed.GetValue<string?>("--data"), parsed.GetValue<NodeRole>("--role"), environment)
        with { WithoutEffect = LiteLlmFlags.In(parsed) };
}
