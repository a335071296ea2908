using System.CommandLine;

namespace OrleansLlm.Silo.CommandLine;

/// <summary>
/// What LiteLLM's command line has and this gateway needs not: a container's command stays as it was, and the start says what of it has no effect. What
/// would serve other models or encrypt the port (<c>--model</c>, <c>--ssl_keyfile_path</c>, …) is not among them: that is an error, as any unknown option.
/// </summary>
internal static class LiteLlmFlags
{
    private const string OneProcess = "one process uses every core";
    private const string OwnServer = "the web server is the gateway's own";
    private const string InTheFile = "set litellm_settings.set_verbose: true in the configuration";
    private const string NoPrisma = "the ledger makes its own schema";

    private static readonly ArgumentArity Bare = ArgumentArity.Zero;
    private static readonly ArgumentArity Valued = ArgumentArity.ExactlyOne;

    private static readonly (Option Option, string Why)[] All =
    [
        Flag("--num_workers", Valued, OneProcess),
        Flag("--debug", Bare, InTheFile),
        Flag("--detailed_debug", Bare, InTheFile),
        Flag("--telemetry", ArgumentArity.ZeroOrOne, "the gateway sends none"),
        Flag("--run_gunicorn", Bare, OwnServer),
        Flag("--run_hypercorn", Bare, OwnServer),
        Flag("--run_granian", Bare, OwnServer),
        Flag("--loop_type", Valued, OwnServer),
        Flag("--keepalive_timeout", Valued, "set gateway_settings.connections.idle_timeout"),
        Flag("--max_requests_before_restart", Valued, "the process need not be restarted"),
        Flag("--log_config", Valued, "litellm_settings.json_logs says how the log is written"),
        Flag("--use_queue", Bare, "each backend has a queue"),
        Flag("--use_prisma_db_push", Bare, NoPrisma),
        Flag("--use_prisma_migrate", Bare, NoPrisma),
        Flag("--enforce_prisma_migration_check", Bare, NoPrisma),
        Flag("--local", Bare, "it is for LiteLLM's own developers"),
    ];

    public static void AddTo(Command command)
    {
        foreach (var (option, _) in All) command.Add(option);
    }

    /// <returns>Of each that was given, its name and why it has no effect.</returns>
    public static IReadOnlyList<string> In(ParseResult parsed) =>
        [.. All.Where(f => parsed.GetResult(f.Option) is { Implicit: false }).Select(f => $"{f.Option.Name} ({f.Why})")];

    private static (Option Option, string Why) Flag(string name, ArgumentArity arity, string why) =>
        (new Option<string?>(name) { Arity = arity, Hidden = true }, why);
}
