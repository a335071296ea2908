using OrleansLlm.Api.Errors;
using OrleansLlm.Keys;

namespace OrleansLlm.Api.Keys;

/// <summary>Teams with their members and keys, as LiteLLM shows them.</summary>
internal sealed class TeamReader(AccountStore store, SpendReader spend)
{
    private const int MostKeys = 100;
    private const int MostInAll = 10_000;
    private const int AtOnce = 8;

    /// <exception cref="RequestException">All of these together have too many members.</exception>
    public async Task<List<TeamShown>> ReadAsync(IReadOnlyList<SpentAccount> teams)
    {
        var users = new (List<IndexEntry> Entries, int Total)[teams.Count];
        var keys = new (List<IndexEntry> Entries, int Total)[teams.Count];
        await Parallel.ForAsync(0, teams.Count, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (i, _) =>
        {
            var whose = HolderKind.Team.Whose(teams[i].Account.Id);
            users[i] = await AccountPages.ReadAsync(store, AccountKind.User, whose, 1, TeamMember.Most);
            keys[i] = await AccountPages.ReadAsync(store, AccountKind.Key, whose, 1, MostKeys);
        });
        var left = MostInAll - users.Sum(u => u.Entries.Count);
        if (left < 0)
        {
            throw new RequestException(ApiError.BadRequest(
                $"page_size: these teams have more than {MostInAll} members. Ask for fewer teams at a time: /v2/team/list?page=1&page_size=5.", "page_size", "too_many"));
        }

        // How many keys there are is told besides; members are shown or it is said that they are not.
        var each = KeysOfEach([.. keys.Select(k => k.Entries.Count)], left);
        // By what the accounts say themselves: an entry that a crash has left may be of one that is another team's.
        var members = (await store.GetAllAsync(AccountKind.User, [.. users.SelectMany(u => u.Entries)])).ToLookup(u => u.TeamId);
        var held = (await spend.ReadAsync(await store.GetAllAsync(AccountKind.Key, [.. keys.SelectMany(k => k.Entries.Take(each))]))).ToLookup(k => k.Account.TeamId);
        return [.. teams.Select((team, i) => new TeamShown(team, [.. members[team.Account.Id]], users[i].Total, [.. held[team.Account.Id]], keys[i].Total))];
    }

    /// <summary>So many keys of each team that they all are no more than what is left of the answer.</summary>
    internal static int KeysOfEach(IReadOnlyList<int> teams, int left)
    {
        var each = MostKeys;
        while (each > 0 && teams.Sum(count => Math.Min(count, each)) > left) each--;
        return each;
    }
}
