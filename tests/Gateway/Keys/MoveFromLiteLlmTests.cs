using System.Diagnostics;
using System.Text.Json;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Gateway.Keys;

/// <summary>What <c>deploy/litellm/move.sh</c> takes over from a database of LiteLLM's shape: so that the keys that people have go on serving.</summary>
public sealed class MoveFromLiteLlmTests
{
    private const string Ada = "sk-adas-key-of-litellm-0001";
    private const string Ci = "sk-the-key-of-the-builds-02";
    private const string Guarded = "sk-a-key-with-a-guardrail-03";

    [Fact]
    public async Task TeamsUsersAndKeys_ComeWithTheirLimitsAndSpend_AndWhatIsNotEnforcedIsRefusedByName()
    {
        await using var postgres = await LiteLlmAsync();
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);

        var (code, said) = await MoveAsync(postgres, gateway);
        Assert.Equal(1, code);
        Assert.Contains("teams: 2 taken over, 0 there already, 0 not taken over", said, StringComparison.Ordinal);
        Assert.Contains("users: 2 taken over, 0 there already, 0 not taken over", said, StringComparison.Ordinal);
        Assert.Contains("keys: 2 taken over, 0 there already, 1 not taken over", said, StringComparison.Ordinal);
        Assert.Matches("keys, not taken over: .*key_alias: guarded.*: .*guardrails is not enforced", said);
        Assert.Contains("user bob is in several teams, and comes without one: blue, red", said, StringComparison.Ordinal);

        Assert.Equal(200, await gateway.ChatStatusAsync(Ada));
        Assert.Equal(200, await gateway.ChatStatusAsync(Ci));
        Assert.Equal(401, await gateway.ChatStatusAsync(Guarded));
        var ada = (await gateway.AskAsync("/key/info?key=" + Ada)).GetProperty("info");
        Assert.Equal(
            ("ada's", "sk-...0001", "ada", "red", 60, 7, 12.5, "30d"),
            (Text(ada, "key_alias"), Text(ada, "key_name"), Text(ada, "user_id"), Text(ada, "team_id"), ada.GetProperty("rpm_limit").GetInt32(), ada.GetProperty("model_rpm_limit").GetProperty("m").GetInt32(),
                ada.GetProperty("max_budget").GetDouble(), Text(ada, "budget_duration")));
        // A free model has served since.
        Assert.Equal(3.25, ada.GetProperty("spend").GetDouble());
        Assert.Equal("x", ada.GetProperty("metadata").GetProperty("note").GetString());
        Assert.Equal(2, ada.GetProperty("metadata").GetPropertyCount());
        Assert.Equal(JsonValueKind.String, ada.GetProperty("expires").ValueKind);
        // Its budget by name, of a period that is over; made by LiteLLM's administrator for nobody.
        var ci = (await gateway.AskAsync("/key/info?key=" + Ci)).GetProperty("info");
        Assert.Equal((2.0, 0.0, JsonValueKind.Null), (ci.GetProperty("max_budget").GetDouble(), ci.GetProperty("spend").GetDouble(), ci.GetProperty("user_id").ValueKind));
        var red = (await gateway.AskAsync("/team/info?team_id=red")).GetProperty("team_info");
        Assert.Equal(("Red", "admin"), (Text(red, "team_alias"), Text(red.GetProperty("members_with_roles")[0], "role")));

        // Once more changes nothing; told what to leave out, the last one comes too.
        (code, said) = await MoveAsync(postgres, gateway, "guardrails");
        Assert.True(code == 0, said);
        Assert.Contains("keys: 1 taken over, 2 there already, 0 not taken over", said, StringComparison.Ordinal);
        Assert.Equal(200, await gateway.ChatStatusAsync(Guarded));
    }

    [Fact]
    public async Task KeysOfAUserWhoIsNotTakenOver_WaitForThatUser_AndNoKeyMayMoreThanItMight()
    {
        await using var postgres = await LiteLlmAsync();
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        await postgres.AskAsync("""
            UPDATE "LiteLLM_UserTable" SET metadata = '"a text"' WHERE user_id = 'bob';
            CREATE TABLE "LiteLLM_ObjectPermissionTable" (object_permission_id text PRIMARY KEY, mcp_servers text[] DEFAULT '{}', mcp_tool_permissions jsonb, vector_stores text[] DEFAULT '{}');
            INSERT INTO "LiteLLM_ObjectPermissionTable" VALUES ('p', '{github}', NULL, '{}'), ('nothing', '{}', '{}', NULL);
            UPDATE "LiteLLM_UserTable" SET object_permission_id = CASE user_id WHEN 'ada' THEN 'p' ELSE 'nothing' END;
            UPDATE "LiteLLM_VerificationToken" SET allowed_routes = '{info_routes}' WHERE key_alias = 'ci';
            UPDATE "LiteLLM_VerificationToken" SET metadata = '{"policies": []}', policies = '{p}' WHERE key_alias = 'guarded';
            """);
        var (code, said) = await MoveAsync(postgres, gateway);
        Assert.Equal(1, code);
        Assert.Contains("users: 1 taken over, 0 there already, 1 not taken over", said, StringComparison.Ordinal);
        Assert.Matches("users, not taken over: user_id: ada: .*object_permission is not enforced", said);
        Assert.DoesNotContain("keys: ", said, StringComparison.Ordinal);
        Assert.Equal(0, (await gateway.AskAsync("/key/list")).GetProperty("total_count").GetInt32());

        // Who was there before keeps what it has here.
        (code, said) = await MoveAsync(postgres, gateway, "object_permission");
        Assert.Equal(1, code);
        Assert.Equal("admin", await RoleAsync());
        Assert.Matches("keys, not taken over: .*key_alias: ci.*: .*allowed_routes is not enforced", said);
        Assert.Matches("keys, not taken over: .*key_alias: guarded.*: .*policies is not enforced", said);
        await gateway.AskAsync("/team/member_update", new { team_id = "red", user_id = "ada", role = "user" });
        await MoveAsync(postgres, gateway, "object_permission");
        Assert.Equal("user", await RoleAsync());

        async Task<string?> RoleAsync() => Text((await gateway.AskAsync("/team/info?team_id=red")).GetProperty("team_info").GetProperty("members_with_roles")[0], "role");
    }

    [Fact]
    public async Task ADatabaseThatIsNotLiteLlms_AndAWrongMasterKey_EndItWithAWord()
    {
        await using var postgres = await LiteLlmAsync();
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama);
        var (code, said) = await MoveAsync(postgres, gateway, master: "sk-not-the-master-key");
        Assert.Equal(1, code);
        Assert.Contains("/team/new: 401", said, StringComparison.Ordinal);
        await postgres.AskAsync("DROP TABLE \"LiteLLM_TeamTable\"");
        (code, said) = await MoveAsync(postgres, gateway);
        Assert.NotEqual(0, code);
        Assert.Contains("\"LiteLLM_TeamTable\" does not exist", said, StringComparison.Ordinal);
    }

    private static string? Text(JsonElement of, string name) => of.GetProperty(name).GetString();

    private static async Task<(int Code, string Said)> MoveAsync(PostgresServer postgres, KeyGateway gateway, string without = "", string master = KeyGateway.Master)
    {
        var start = new ProcessStartInfo("bash", [Path.Combine(Checkout(), "deploy", "litellm", "move.sh")]) { RedirectStandardOutput = true, RedirectStandardError = true };
        // As Prisma's users write it.
        start.Environment["DATABASE_URL"] = postgres.Url.Replace("ledger@", "ledger:a%40b@", StringComparison.Ordinal) + "?connection_limit=5&schema=public&sslmode=prefer";
        start.Environment["GATEWAY"] = gateway.Gateway.Address.ToString().TrimEnd('/');
        start.Environment["LITELLM_MASTER_KEY"] = master;
        start.Environment["WITHOUT"] = without;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output + await errors);
    }

    private static string Checkout()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "global.json"))) folder = folder.Parent ?? throw new InvalidOperationException("This is no checkout.");
        return folder.FullName;
    }

    /// <summary>Of its tables the columns that matter, with the names and types that LiteLLM's schema has.</summary>
    private static async Task<PostgresServer> LiteLlmAsync()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows() || !OnPath("bash") || !OnPath("curl") || !OnPath("psql"), "There is no bash, curl or psql on the path.");
        var postgres = await PostgresServer.StartNewAsync();
        Assert.SkipWhen(postgres is null, "There is no PostgreSQL on the path.");
        await postgres!.AskAsync($$$"""
            CREATE TABLE "LiteLLM_BudgetTable" (budget_id text PRIMARY KEY, max_budget float8, soft_budget float8, max_parallel_requests int, tpm_limit bigint, rpm_limit bigint, model_max_budget jsonb,
                budget_duration text, budget_reset_at timestamp(3));
            CREATE TABLE "LiteLLM_ModelTable" (id serial PRIMARY KEY, aliases jsonb);
            CREATE TABLE "LiteLLM_TeamTable" (team_id text PRIMARY KEY, team_alias text, organization_id text, admins text[], members text[], members_with_roles jsonb NOT NULL DEFAULT '{}', metadata jsonb NOT NULL DEFAULT '{}',
                max_budget float8, spend float8 NOT NULL DEFAULT 0, models text[], max_parallel_requests int, tpm_limit bigint, rpm_limit bigint, budget_duration text, budget_reset_at timestamp(3),
                blocked bool NOT NULL DEFAULT false, model_max_budget jsonb NOT NULL DEFAULT '{}', team_member_permissions text[] DEFAULT '{}', model_id int);
            CREATE TABLE "LiteLLM_UserTable" (user_id text PRIMARY KEY, user_alias text, team_id text, sso_user_id text, password text, teams text[] DEFAULT '{}', user_role text, max_budget float8, spend float8 NOT NULL DEFAULT 0,
                user_email text, models text[], object_permission_id text, metadata jsonb NOT NULL DEFAULT '{}', budget_duration text, budget_reset_at timestamp(3));
            CREATE TABLE "LiteLLM_VerificationToken" (token text PRIMARY KEY, key_name text, key_alias text, spend float8 NOT NULL DEFAULT 0, expires timestamp(3), models text[], aliases jsonb NOT NULL DEFAULT '{}',
                user_id text, team_id text, permissions jsonb NOT NULL DEFAULT '{}', metadata jsonb NOT NULL DEFAULT '{}', blocked bool, rpm_limit bigint, max_budget float8, budget_duration text,
                budget_reset_at timestamp(3), allowed_routes text[] DEFAULT '{}', policies text[] DEFAULT '{}', budget_id text, auto_rotate bool DEFAULT false);
            INSERT INTO "LiteLLM_BudgetTable" (budget_id, max_budget, budget_duration, budget_reset_at) VALUES ('small', 2, '1d', now() AT TIME ZONE 'UTC' - interval '1 h');
            INSERT INTO "LiteLLM_TeamTable" (team_id, team_alias, members_with_roles, team_member_permissions) VALUES
                ('red', 'Red', '[{"role": "admin", "user_id": "ada"}, {"role": "user", "user_id": "bob"}]', '{/key/info}'), ('blue', NULL, '[{"role": "user", "user_id": "bob"}]', '{}'), ('litellm-dashboard', NULL, '{}', '{}');
            INSERT INTO "LiteLLM_UserTable" (user_id, user_email, password, teams, user_role) VALUES
                ('ada', 'ada@example.org', 'hash', '{red,gone}', 'internal_user'), ('bob', NULL, NULL, '{red,blue}', NULL), ('default_user_id', NULL, NULL, '{red}', 'proxy_admin'), ('litellm-proxy-budget', NULL, NULL, '{}', NULL);
            INSERT INTO "LiteLLM_VerificationToken" (token, key_name, key_alias, user_id, team_id, rpm_limit, max_budget, budget_duration, budget_reset_at, spend, metadata, expires, allowed_routes, budget_id) VALUES
                ({{{Hash(Ada)}}}, 'sk-...0001', 'ada''s', 'ada', 'red', 60, 12.5, '30d', now() AT TIME ZONE 'UTC' + interval '9 d', 3.25, '{"note": "x", "it''s": "\"quoted\\", "model_rpm_limit": {"m": 7}}', now() AT TIME ZONE 'UTC' + interval '9 d', '{llm_api_routes}', NULL),
                ({{{Hash(Ci)}}}, 'sk-...s-02', 'ci', 'default_user_id', NULL, NULL, NULL, NULL, NULL, 1.5, '{}', NULL, '{}', 'small'),
                ({{{Hash(Guarded)}}}, 'sk-...l-03', 'guarded', 'bob', 'blue', NULL, NULL, NULL, NULL, 0, '{"guardrails": ["pii"]}', NULL, '{}', NULL),
                ({{{Hash("sk-over")}}}, NULL, 'over', NULL, NULL, NULL, NULL, NULL, NULL, 0, '{}', now() AT TIME ZONE 'UTC' - interval '1 d', '{}', NULL),
                ({{{Hash("sk-page")}}}, NULL, NULL, 'default_user_id', 'litellm-dashboard', NULL, NULL, NULL, NULL, 0, '{}', NULL, '{}', NULL);
            """);
        return postgres;

        static string Hash(string key) => $"encode(sha256('{key}'), 'hex')";

        static bool OnPath(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(f => File.Exists(Path.Combine(f, program)));
    }
}
