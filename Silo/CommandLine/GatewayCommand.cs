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
            Description = "Configuration file; else CONFIG_FILE_PATH, LITELLM_CONFIG_PATH, ./gateway.yaml, ./litellm_config.yaml.",
        };
        var port = new Option<int?>("--port", "-p") { Description = "TCP port; else PORT, else 4000." };
        port.Validators.Add(result =>
        {
            // The text and not the number: to ask for that throws where there is none.
            if (result.Tokens is [var token] && GatewayOptions.PortOf(token.Value) is null) result.AddError($"--port: expected a number from 0 to 65535, found '{token.Value}'.");
        });
        var host = new Option<string?>("--host") { Description = "Address to listen on; else localhost. 0.0.0.0 for every interface." };
        var data = new Option<string?>("--data") { Description = "Folder for state; else ./data." };
        var role = new Option<NodeRole>("--role") { Description = "all (front end and grains), silo or api; other than all only with the Orleans engine." };
        var root = new RootCommand("OrleansLlm: an OpenAI-compatible gateway for LLM backends.") { config, port, host, data, role, ValidateCommand.Create(), HealthCommand.Create(), StatusCommand.Create() };
        root.SetAction((parsed, cancellation) => GatewayProcess.RunAsync(
            GatewayOptions.From(parsed.GetValue(config), parsed.GetValue(port), parsed.GetValue(host), parsed.GetValue(data), parsed.GetValue(role), Environment.GetEnvironmentVariable),
            cancellation));
        return root;
    }
}
