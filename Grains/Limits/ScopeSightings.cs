namespace OrleansLlm.Grains.Limits;

/// <summary>The rules of one bucket: who was seen when, and who is to be forgotten. Growth pays for the sweep: each sighting forgets a few.</summary>
internal static class ScopeSightings
{
    /// <summary>So many are forgotten for one that was seen: the list shrinks faster than it can grow.</summary>
    private const int AtOnce = 8;

    /// <param name="most">Entries; beyond that the one that was unseen longest goes, however long that is.</param>
    /// <param name="keep">Days after which one that was not seen goes; 0: never.</param>
    /// <returns>Whom to forget.</returns>
    public static List<string> See(Dictionary<string, int> seen, string scope, int today, int most, int keep)
    {
        seen[scope] = today;
        var over = seen.Count - most;
        return
        [
            .. seen.Where(s => s.Key != scope && (over > 0 || (keep > 0 && s.Value < today - keep))).OrderBy(s => s.Value)
                .Take(AtOnce).Where((s, i) => i < over || (keep > 0 && s.Value < today - keep)).Select(s => s.Key),
        ];
    }
}
