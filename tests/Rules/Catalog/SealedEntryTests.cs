using FsCheck;
using FsCheck.Fluent;
using OrleansLlm.Catalog;
using OrleansLlm.Grains.Catalog;

namespace OrleansLlm.Tests.Rules.Catalog;

/// <summary>What administrators store of models is read by whoever has the key, and by nobody else.</summary>
public class SealedEntryTests
{
    private const string Secret = """{"model_name":"m","litellm_params":{"model":"openai/x","api_key":"sk-upstream-secret"}}""";

    private static readonly StateKeys Master = StateKeys.From(null, "sk-master");
    private static readonly StateKeys SaltAndMaster = StateKeys.From("salt", "sk-master");
    private static readonly StateKeys Other = StateKeys.From("another");

    [Fact]
    public void WhatIsSealed_IsOpenedByItsKeyOnly_AndUnderItsOwnId()
    {
        Prop.ForAll<NonNull<string>, NonNull<string>>((id, json) =>
        {
            if (json.Get.StartsWith(OverlayEntry.SealedPrefix, StringComparison.Ordinal) || HasLoneSurrogate(id.Get + json.Get)) return;
            var stored = SealedEntry.Seal(new OverlayEntry(id.Get, json.Get), Master);
            Assert.StartsWith(OverlayEntry.SealedPrefix, stored, StringComparison.Ordinal);
            Assert.Equal(json.Get, SealedEntry.Open(id.Get, stored, Master).Json);
            Assert.True(SealedEntry.Open(id.Get, stored, Other).IsSealed);
            Assert.True(SealedEntry.Open(id.Get, stored, StateKeys.None).IsSealed);
            Assert.True(SealedEntry.Open(id.Get + "x", stored, Master).IsSealed);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void WhatIsStored_TellsNothing_NotEvenThatTwoAreTheSame()
    {
        var state = Stored(Master);
        Assert.DoesNotContain("sk-upstream-secret", string.Join(' ', state.Models), StringComparison.Ordinal);
        Assert.NotEqual(state.Models[1], Stored(Master).Models[1]);
    }

    [Fact]
    public void WhatWasChangedByAnybodyElse_IsNotBelieved()
    {
        var stored = Stored(Master).Models[1];
        var bytes = Convert.FromBase64String(stored[OverlayEntry.SealedPrefix.Length..]);
        for (var at = 0; at < bytes.Length; at++)
        {
            bytes[at] ^= 1;
            Assert.True(SealedEntry.Open("id", OverlayEntry.SealedPrefix + Convert.ToBase64String(bytes), Master).IsSealed);
            bytes[at] ^= 1;
        }

        Assert.True(SealedEntry.Open("id", OverlayEntry.SealedPrefix + "no base64", Master).IsSealed);
        Assert.True(SealedEntry.Open("id", OverlayEntry.SealedPrefix, Master).IsSealed);
    }

    [Fact]
    public void StateOfATimeBeforeTheKeys_IsRead_AndSealedAnew()
    {
        var old = Stored(StateKeys.None);
        Assert.Equal(Secret, old.Models[1]);
        Assert.Equal(Secret, old.ToOverlay(Master).Models.Single().Json);
        var now = old.Resealed(Master)!;
        Assert.DoesNotContain("sk-upstream-secret", string.Join(' ', now.Models), StringComparison.Ordinal);
        Assert.Equal((old.Version, Secret), (now.Version, now.ToOverlay(Master).Models.Single().Json));
        Assert.Null(now.Resealed(Master));
    }

    [Fact]
    public void ASaltKeyThatIsAdded_TakesTheMasterKeysPlace()
    {
        var before = Stored(Master);
        Assert.Equal(Secret, before.ToOverlay(SaltAndMaster).Models.Single().Json);
        var now = before.Resealed(SaltAndMaster)!;
        // From now on the master key may change.
        Assert.Equal(Secret, now.ToOverlay(StateKeys.From("salt", "sk-new-master")).Models.Single().Json);
        Assert.True(now.ToOverlay(Master).Models.Single().IsSealed);
        Assert.Null(now.Resealed(SaltAndMaster));
    }

    [Fact]
    public void WhatCannotBeOpened_IsKeptAsItIs()
    {
        var stored = Stored(Master);
        Assert.Null(stored.Resealed(Other));
        var overlay = stored.ToOverlay(Other);
        var changed = stored.With(overlay with { Models = overlay.Models.Add(new OverlayEntry("new", "{}")) }, "change", Other);
        Assert.Equal(stored.Models[1], changed.Models[1]);
        Assert.Equal(Secret, changed.ToOverlay(Master).Models[0].Json);
    }

    [Fact]
    public void Keys_AreNotShown() => Assert.Equal("2 keys", SaltAndMaster.ToString());

    private static CatalogState Stored(StateKeys keys) =>
        new CatalogState().With(new CatalogOverlay { Version = 7, Models = [new OverlayEntry("id", Secret)] }, "change", keys);

    private static bool HasLoneSurrogate(string text) => text.Any(char.IsSurrogate);
}
