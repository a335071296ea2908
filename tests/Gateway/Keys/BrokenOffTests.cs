using Microsoft.Extensions.DependencyInjection;
using OrleansLlm.Api.Audit;

namespace OrleansLlm.Tests.Gateway.Keys;

/// <summary>Requests that change several accounts and end, or are come before, between two of them.</summary>
public class BrokenOffTests
{
    [Fact]
    public async Task AMemberThatIsHalfTakenOut_HasNoKeyMoreOfTheTeam_AndIsTakenOutByARepeat()
    {
        var audit = new WatchedAudit();
        await using var ollama = await Setup.OllamaAsync();
        await using var gateway = await KeyGateway.StartAsync(ollama, services: s => s.AddSingleton<IAuditLog>(audit));
        await gateway.AskAsync("/team/new", new { team_id = "t", members = new[] { "ada" } });
        foreach (var _ in (int[])[1, 2]) await gateway.NewKeyAsync(new { user_id = "ada", team_id = "t" });

        // After the first key, then after the second, then after the user.
        audit.Then = entry => throw new InvalidOperationException("broken off");
        foreach (var left in (int[])[1, 0])
        {
            Assert.Equal(500, await DeleteAsync(gateway));
            Assert.Equal((left, 1), ((await gateway.AskAsync("/key/list?team_id=t")).GetProperty("total_count").GetInt32(), (await TeamAsync(gateway)).GetProperty("members_count").GetInt32()));
        }

        audit.Then = null;
        Assert.Equal(200, await DeleteAsync(gateway));
        Assert.Equal(0, (await TeamAsync(gateway)).GetProperty("members_count").GetInt32());
    }

    private static async Task<int> DeleteAsync(KeyGateway gateway) => (int)(await gateway.PostAsync("/team/member_delete", new { team_id = "t", user_id = "ada" })).StatusCode;

    private static async Task<System.Text.Json.JsonElement> TeamAsync(KeyGateway gateway) => (await gateway.AskAsync("/team/info?team_id=t")).GetProperty("team_info");
}
