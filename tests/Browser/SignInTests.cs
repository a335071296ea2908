using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace OrleansLlm.Tests.Browser;

/// <summary>Who is signed in, and what becomes of the page when that changes: by a key, by the browser's buttons, in another tab.</summary>
public class SignInTests(Chromium chromium)
{
    private const string Field = "API key";

    [Fact]
    public async Task TheKey_IsTypedWithoutAClick()
    {
        await using var visit = await Visit.StartAsync(chromium);
        await visit.Page.GotoAsync(AddressOf(visit, "/ui"));
        await Expect(visit.Page.GetByLabel(Field)).ToBeFocusedAsync();
        await visit.Page.Keyboard.TypeAsync(Visit.Master);
        await visit.Page.Keyboard.PressAsync("Enter");
        await Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Name = "Backends", Level = 1 })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task TheForm_StaysWhateverAddressTheBrowserGoesTo()
    {
        await using var visit = await Visit.StartAsync(chromium);
        await visit.Page.GotoAsync(AddressOf(visit, "/ui/usage"));
        await Expect(visit.Page.GetByLabel(Field)).ToBeVisibleAsync();
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "OrleansLlm" }).ClickAsync();
        await Expect(visit.Page).ToHaveURLAsync(AddressOf(visit, "/ui"));
        await Expect(visit.Page.GetByLabel(Field)).ToBeVisibleAsync();
        await visit.Page.GoBackAsync();
        await Expect(visit.Page.GetByLabel(Field)).ToBeVisibleAsync();
        await visit.SignInAsync("keys");
        await visit.GoAsync("usage");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await Expect(visit.Page.GetByLabel(Field)).ToBeVisibleAsync();
        await visit.Page.GoBackAsync();
        await Expect(visit.Page).ToHaveURLAsync(AddressOf(visit, "/ui/keys"));
        await Expect(visit.Page.GetByLabel(Field)).ToBeVisibleAsync();
        await Expect(visit.Page).ToHaveTitleAsync(new Regex("^Sign in"));
        // The form leads to where the browser is.
        await visit.Page.GetByLabel(Field).FillAsync(Visit.Master);
        await visit.Page.Keyboard.PressAsync("Enter");
        await Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Name = "Keys", Level = 1 })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task ADialog_GoesWithThePageItBelongsTo()
    {
        await using var visit = await Visit.StartAsync(chromium);
        await visit.SignInAsync("requests");
        await visit.GoAsync("keys");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "New key" }).ClickAsync();
        await Expect(visit.Page.GetByRole(AriaRole.Dialog)).ToBeVisibleAsync();
        await visit.Page.GoBackAsync();
        await Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Name = "Requests", Level = 1 })).ToBeVisibleAsync();
        await Expect(visit.Page.Locator("dialog")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task ASessionThatEndsInAnotherTab_LeavesTheFormWithinReach_AndAKeyThatIsShownOnceInSight()
    {
        await using var visit = await Visit.StartAsync(chromium);
        await visit.SignInAsync("keys");
        var editor = await visit.Page.Context.NewPageAsync();
        var maker = await visit.Page.Context.NewPageAsync();
        foreach (var page in (IPage[])[editor, maker])
        {
            await page.GotoAsync(AddressOf(visit, "/ui/keys"));
            await page.GetByRole(AriaRole.Button, new() { Name = "New key" }).ClickAsync();
        }

        await maker.GetByRole(AriaRole.Button, new() { Name = "Create" }).ClickAsync();
        await Expect(maker.GetByLabel("The new key")).ToBeVisibleAsync();
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await Expect(editor.Locator("dialog")).ToHaveCountAsync(0);
        await Expect(editor.GetByLabel(Field)).ToBeFocusedAsync();
        await Expect(maker.GetByLabel(Field)).ToBeAttachedAsync();
        await Expect(maker.GetByLabel("The new key")).ToBeVisibleAsync();
        await maker.GetByRole(AriaRole.Button, new() { Name = "I have it" }).ClickAsync();
        // Whoever signs in at one tab is signed in at all.
        await maker.GetByLabel(Field).FillAsync(Visit.Master);
        await maker.Keyboard.PressAsync("Enter");
        await Expect(editor.GetByRole(AriaRole.Button, new() { Name = "New key" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task SomebodyElseInAnotherTab_IsWhoThisTabIsOf()
    {
        await using var visit = await Visit.StartAsync(chromium);
        var ada = await visit.NewKeyAsync(new { key_alias = "ada" });
        await visit.SignInAsync();
        var drain = visit.Page.GetByRole(AriaRole.Button, new() { Name = "Drain" });
        await Expect(drain).ToBeVisibleAsync();
        var other = await visit.Page.Context.NewPageAsync();
        await other.GotoAsync(AddressOf(visit, "/ui"));
        await other.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await other.GetByLabel(Field).FillAsync(ada);
        await other.Keyboard.PressAsync("Enter");
        await Expect(visit.Page.GetByTitle("Signed in as")).ToHaveTextAsync("ada");
        await Expect(visit.Page.GetByRole(AriaRole.Article)).ToBeVisibleAsync();
        await Expect(drain).ToHaveCountAsync(0);
    }

    /// <summary>A tab that was told nothing: the cookie was changed beside the pages.</summary>
    [Fact]
    public async Task AConnectionThatIsMadeAnew_FindsOutWhoseItIs()
    {
        await using var visit = await Visit.StartAsync(chromium);
        await using var wire = new Relay(visit.Gateway.Address);
        visit.Expected = "net::ERR_";
        var ada = await visit.NewKeyAsync(new { key_alias = "ada" });
        await visit.SignInAsync(at: wire.Address);
        var signedIn = await visit.Page.APIRequest.PostAsync(
            new Uri(wire.Address, "/ui/session").ToString(), new() { Headers = new Dictionary<string, string> { ["Authorization"] = $"Bearer {ada}" } });
        Assert.Equal(200, signedIn.Status);
        wire.Cut();
        await Expect(visit.Page.GetByText("Connection lost, trying again")).ToBeAttachedAsync();
        wire.Mend();
        await Expect(visit.Page.GetByTitle("Signed in as")).ToHaveTextAsync("ada");
        await Expect(visit.Page.GetByRole(AriaRole.Button, new() { Name = "Drain" })).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task AKeyThatIsKnownAndNotLetIn_IsToldWhy()
    {
        await using var visit = await Visit.StartAsync(chromium);
        visit.Expected = "401";
        var key = await visit.NewKeyAsync(new { key_alias = "ada", blocked = true });
        await visit.Page.GotoAsync(AddressOf(visit, "/ui"));
        await visit.Page.GetByLabel(Field).FillAsync(key);
        await visit.Page.Keyboard.PressAsync("Enter");
        await Expect(visit.Page.GetByRole(AriaRole.Alert)).ToHaveTextAsync(new Regex("^Key is blocked"));
        await visit.Page.RouteAsync("**/ui/session", route => route.Request.Method == "POST"
            ? route.FulfillAsync(new() { Status = 401, ContentType = "application/json", Body = """{"error":{"message":"Authentication Error - Expired Key.","code":"key_expired"}}""" })
            : route.ContinueAsync());
        await visit.Page.Keyboard.PressAsync("Enter");
        await Expect(visit.Page.GetByRole(AriaRole.Alert)).ToHaveTextAsync("This key has expired.");
    }

    private static string AddressOf(Visit visit, string path) => new Uri(visit.Gateway.Address, path).ToString();

    private static ILocatorAssertions Expect(ILocator locator) => Assertions.Expect(locator);

    private static IPageAssertions Expect(IPage page) => Assertions.Expect(page);
}
