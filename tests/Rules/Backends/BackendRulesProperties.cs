using FsCheck;
using FsCheck.Fluent;
using OrleansLlm.Backends;
using OrleansLlm.Grains.Backends;

namespace OrleansLlm.Tests.Rules.Backends;

public class BackendRulesProperties
{
    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(400).WithEndSize(400);

    /// <summary>Never more leases than slots, nobody overtaken, every wait ended exactly once, nothing left over: see BackendModel.</summary>
    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 1)]
    [InlineData(1, 4)]
    [InlineData(3, 7)]
    public void AnyInterleaving_OfAcquireCancelReleaseExpireAndReconfigure_KeepsEveryPromise(int slots, int users) =>
        Prop.ForAll(Commands(), commands =>
        {
            var model = new BackendModel(BackendModel.Options(slots) with { ModelPatience = TimeSpan.FromSeconds(users > 1 ? 5 : 0) }, users);
            foreach (var command in commands) model.Step(command);
            model.Finish();
            return true;
        }).Check(Many);

    [Fact]
    public void WaitingRequestsOfOneUser_AreServedInTheOrderOfTheirArrival() =>
        Prop.ForAll(Gen.Choose(1, 60).ToArbitrary(), count =>
        {
            var rules = new BackendRules(BackendModel.Options());
            Assert.IsType<SlotGranted>(rules.TryAcquire(Ask("first"), TimeSpan.Zero));
            for (var i = 0; i < count; i++) rules.Enqueue(Ask($"r{i}"), TimeSpan.Zero);
            var holder = "first";
            for (var i = 0; i < count; i++)
            {
                rules.Release(new SlotRelease { RequestId = holder, Outcome = SlotOutcome.Succeeded }, TimeSpan.FromSeconds(i));
                var effect = Assert.Single(rules.TakeEffects());
                Assert.IsType<SlotGranted>(effect.Answer);
                Assert.Equal($"r{i}", holder = effect.RequestId);
            }

            return true;
        }).Check(Many);

    private static Arbitrary<int[]> Commands() => Gen.Choose(0, 1_000_000).ArrayOf().ToArbitrary();

    private static SlotRequest Ask(string id) => new() { RequestId = id, User = "u", Model = "m" };
}
