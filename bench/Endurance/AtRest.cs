using System.Globalization;

namespace OrleansLlm.Bench.Endurance;

/// <summary>What must be so when the load is over, whatever went wrong before.</summary>
internal static class AtRest
{
    public static Task NoSlotIsHeldAsync(Findings findings, HttpClient gateway) => findings.AddAsync(async () =>
    {
        var (held, waiting) = await Vitals.SlotsAsync(gateway);
        return (held == 0 && waiting == 0, $"no slot is held ({held}) and nobody waits ({waiting})");
    });

    public static Task NoContainerWorksAsync(Findings findings, Fleet fleet) => findings.AddAsync(() => Task.FromResult((
        fleet.Backends.All(b => b.Running == 0 && b.Started == b.Ended),
        $"no container works: {fleet.Backends.Sum(b => b.Started)} begun, {fleet.Backends.Sum(b => b.Ended)} ended")));

    /// <param name="stillness">Where the whole machine stands still, clocks run out that nobody could have watched.</param>
    public static void NoContainerHadTooMany(Findings findings, Fleet fleet, Stillness stillness) => findings.Add(
        stillness.Longest > Stillness.TooLong || fleet.Backends.All(b => b.MostRunning <= Fleet.Slots),
        string.Create(CultureInfo.InvariantCulture, $"most at once in each container: {string.Join(", ", fleet.Backends.Select(b => b.MostRunning))} of {Fleet.Slots}; this machine stood still for {stillness.Longest.TotalSeconds:F1} s at most"));
}
