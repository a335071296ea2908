using Microsoft.Playwright;

namespace OrleansLlm.Tests.Browser;

/// <summary>What is searched for and chosen is what is shown, whatever comes when.</summary>
public class ListTests(Chromium chromium)
{
    private const string Model = "qwen2.5:0.5b";

    [Fact]
    public async Task APeriodThatIsAnsweredTooLate_IsNotShownUnderAnother()
    {
        await using var visit = await Visit.StartAsync(chromium);
        var page = visit.Page;
        using (await visit.ChatAsync(Model, "hello")) await visit.SignInAsync();
        await page.RouteAsync("**/ui/api/usage?**", route => route.FulfillAsync(new()
        {
            ContentType = "application/json",
            Body = """{"from":"2026-01-01","days":1,"data":[{"name":"2026-01-01","requests":1,"failed":0,"prompt_tokens":1,"completion_tokens":1,"cost":1,"latency_ms":1,"first_token_ms":1}]}""",
        }));
        var late = new TaskCompletionSource();
        await page.RouteAsync("**/ui/api/usage?*days=365*", async route =>
        {
            await late.Task;
            await route.FallbackAsync();
        });
        await visit.GoAsync("usage");
        var file = page.GetByRole(AriaRole.Link, new() { Name = "CSV" }).First;
        await page.GetByLabel("Period").SelectOptionAsync("365");
        await page.GetByLabel("Period").SelectOptionAsync("7");
        await Expect(file).ToHaveAttributeAsync("href", new System.Text.RegularExpressions.Regex("days=7&"));
        var answered = 0;
        var all = new TaskCompletionSource();
        page.RequestFinished += (_, request) =>
        {
            if (request.Url.Contains("days=365", StringComparison.Ordinal) && Interlocked.Increment(ref answered) == 4) all.SetResult();
        };
        late.SetResult();
        await all.Task.WaitAsync(TimeSpan.FromMinutes(1));
        // Another answer, read by the page after those.
        await page.EvaluateAsync("() => fetch('/ui/session').then(answer => answer.json())");
        await Expect(file).ToHaveAttributeAsync("href", new System.Text.RegularExpressions.Regex("days=7&"));
    }

    [Fact]
    public async Task UsageOfOneNodeOfSeveral_SaysSo_AlsoWhereThereIsNone()
    {
        await using var visit = await Visit.StartAsync(chromium);
        await visit.Page.RouteAsync("**/ui/api/usage?**", route => route.FulfillAsync(new() { ContentType = "application/json", Body = """{"from":"2026-01-01","days":1,"only_of_node":"api-1","data":[]}""" }));
        await visit.SignInAsync("usage");
        await Expect(visit.Page.GetByText("this node (api-1) has handled, and no others")).ToBeVisibleAsync();
        await Expect(visit.Page.GetByText("Nothing was used in this time")).ToBeVisibleAsync();
        await Expect(visit.Page.GetByText("Days begin and end at midnight UTC")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task RequestsOfAKeyThatWasGivenItself_AreLiveAsWell()
    {
        await using var visit = await Visit.StartAsync(chromium);
        var key = await visit.NewKeyAsync(new { key_alias = "ada" });
        (await visit.ChatAsync(Model, "first", key)).Dispose();
        await visit.SignInAsync("requests");
        var rows = visit.Page.Locator("tbody tr");
        var field = visit.Page.GetByLabel("Key", new() { Exact = true });
        await Expect(rows).ToHaveCountAsync(1);
        var count = 1;
        foreach (var named in (string[])[key, Api.Access.KeyHash.Of(key), "ada"])
        {
            await field.FillAsync(named);
            var searched = await visit.Page.RunAndWaitForResponseAsync(() => visit.Page.Keyboard.PressAsync("Enter"), answer => answer.Url.Contains("/ui/api/requests?", StringComparison.Ordinal));
            await searched.FinishedAsync();
            await Expect(rows).ToHaveCountAsync(count);
            (await visit.ChatAsync(Model, "somebody else's")).Dispose();
            (await visit.ChatAsync(Model, "more", key)).Dispose();
            await Expect(rows).ToHaveCountAsync(++count);
            await Expect(rows.First).ToContainTextAsync("ada");
        }
    }

    [Fact]
    public async Task Keys_AreInTheOrderOfTheirNames_AndFoundByAPartOfThem()
    {
        await using var visit = await Visit.StartAsync(chromium);
        foreach (var alias in (string[])["zoe", "Bob", "ada", "mia"]) await visit.NewKeyAsync(new { key_alias = alias });
        await visit.SignInAsync("keys");
        var rows = visit.Page.Locator("tbody tr");
        await Expect(rows.GetByRole(AriaRole.Rowheader)).ToContainTextAsync(["ada", "Bob", "mia", "zoe"]);
        await visit.AssertUsableAsync();
        await visit.Page.GetByRole(AriaRole.Searchbox).FillAsync("O");
        await visit.Page.Keyboard.PressAsync("Enter");
        await Expect(rows.GetByRole(AriaRole.Rowheader)).ToContainTextAsync(["Bob", "zoe"]);
        await Expect(rows).ToHaveCountAsync(2);
        await visit.Page.GetByRole(AriaRole.Searchbox).FillAsync("nobody");
        await visit.Page.Keyboard.PressAsync("Enter");
        await Expect(visit.Page.GetByText("Nothing matches")).ToBeVisibleAsync();
    }

    private static ILocatorAssertions Expect(ILocator locator) => Assertions.Expect(locator);
}
