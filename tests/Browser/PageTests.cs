using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using OrleansLlm.Simulator;
using OrleansLlm.Support;

namespace OrleansLlm.Tests.Browser;

/// <summary>Each page in a real browser, as a person uses it.</summary>
public class PageTests(Chromium chromium)
{
    private const string Model = "qwen2.5:0.5b";

    [Fact]
    public async Task AWrongKey_IsToldSo_TheRightOneOpensTheGateway_AndSigningOutClosesIt()
    {
        await using var visit = await Visit.StartAsync(chromium);
        visit.Expected = "401";
        await visit.Page.GotoAsync(new Uri(visit.Gateway.Address, "/ui/keys").ToString());
        await visit.Page.GetByLabel("API key").FillAsync("sk-not-a-key-of-this-gateway");
        await visit.Page.Keyboard.PressAsync("Enter");
        await Expect(visit.Page.GetByRole(AriaRole.Alert)).ToHaveTextAsync("This key is not known here.");
        // The browser itself would refuse to send it.
        await visit.Page.GetByLabel("API key").FillAsync("sk-ключ");
        await visit.Page.Keyboard.PressAsync("Enter");
        await Expect(visit.Page.GetByRole(AriaRole.Alert)).ToHaveTextAsync(new Regex("no key can have"));
        await visit.Page.GetByLabel("API key").FillAsync(Visit.Master);
        await visit.Page.Keyboard.PressAsync("Enter");
        await Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Name = "Keys", Level = 1 })).ToBeVisibleAsync();
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await Expect(visit.Page.GetByLabel("API key")).ToBeVisibleAsync();
        await visit.Page.ReloadAsync();
        await Expect(visit.Page.GetByLabel("API key")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Backends_ShowWhoRunsAndWhoWaits_WithoutAReload()
    {
        var time = new ManualTime();
        await using var visit = await Visit.StartAsync(chromium, models: new SimulatorOptions { Models = [Model], TimeToFirstToken = TimeSpan.FromSeconds(1), Time = time });
        var key = await visit.NewKeyAsync(new { key_alias = "ada" });
        await visit.SignInAsync();
        var card = visit.Page.GetByRole(AriaRole.Article);
        await Expect(card).ToContainTextAsync("0 of 1 slot in use");
        await Expect(card).ToContainTextAsync("Simulated");
        await Expect(card).ToContainTextAsync("on gateway-1:4000");
        var running = visit.ChatAsync(Model, "one");
        await Expect(card).ToContainTextAsync("1 of 1 slot in use");
        var waiting = visit.ChatAsync(Model, "two", key, priority: 3);
        await Expect(card.Locator("table", new() { HasText = "Waiting: 1" }).Locator("tbody tr")).ToHaveTextAsync(new Regex(@"^1ada3\d+ s$"));
        await Eventually.UntilAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return running.IsCompleted && waiting.IsCompleted;
            },
            "both are answered",
            TimeSpan.FromSeconds(60));
        await Expect(card).ToContainTextAsync("0 of 1 slot in use");
        await Expect(card.GetByRole(AriaRole.Img)).ToHaveAccessibleNameAsync("Last 15 minutes: 2 served, 0 failed, at most 1 waiting");
        await visit.AssertUsableAsync();
    }

    [Fact]
    public async Task ARequestThatWaitsInTwoQueues_IsOneAtTheTop()
    {
        var time = new ManualTime();
        SimulatorOptions Container() => new() { Models = [Model], TimeToFirstToken = TimeSpan.FromSeconds(1), Time = time };
        await using var visit = await Visit.StartAsync(chromium, models: [Container(), Container()]);
        await visit.SignInAsync();
        var (cards, top) = (visit.Page.GetByRole(AriaRole.Article), visit.Page.Locator("dl.summary"));
        var asked = new List<Task>();
        for (var i = 1; i <= 3; i++)
        {
            asked.Add(visit.ChatAsync(Model, $"{i}"));
            await Expect(top).ToContainTextAsync($"Running{Math.Min(i, 2)} of 2");
        }

        foreach (var card in new[] { cards.Nth(0), cards.Nth(1) }) await Expect(card).ToContainTextAsync("1 waiting");
        await Expect(top).ToContainTextAsync("Waiting1Tokens");
        await Eventually.UntilAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return asked.TrueForAll(a => a.IsCompleted);
            },
            "all are answered",
            TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task Draining_IsConfirmedByKeyboard_AndSeenByEverybody()
    {
        await using var visit = await Visit.StartAsync(chromium);
        await visit.SignInAsync();
        var card = visit.Page.GetByRole(AriaRole.Article);
        await card.GetByRole(AriaRole.Button, new() { Name = "Drain", Exact = true }).FocusAsync();
        await visit.Page.Keyboard.PressAsync("Enter");
        // The harmless answer has the focus.
        await Expect(visit.Page.GetByRole(AriaRole.Button, new() { Name = "Cancel" })).ToBeFocusedAsync();
        await visit.Page.Keyboard.PressAsync("Escape");
        await Expect(visit.Page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        await Expect(card.GetByText("Draining")).ToHaveCountAsync(0);
        await visit.Page.Keyboard.PressAsync("Enter");
        await visit.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Drain" }).ClickAsync();
        await Expect(card.GetByText("Draining")).ToBeVisibleAsync();
        await card.GetByRole(AriaRole.Button, new() { Name = "Undrain" }).ClickAsync();
        await visit.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Undrain" }).ClickAsync();
        await Expect(card.GetByText("Draining")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task AnOpenCircuit_CountsDownToItsNextTry_AndIsResetByHand()
    {
        await using var visit = await Visit.StartAsync(chromium);
        await visit.SignInAsync();
        var card = visit.Page.GetByRole(AriaRole.Article);
        await Expect(card.GetByRole(AriaRole.Button, new() { Name = "Reset circuit" })).ToBeDisabledAsync();
        visit.Backends[0].Faults.Add(new Fault { Kind = FaultKind.Status, Status = 401 });
        (await visit.ChatAsync(Model, "x")).Dispose();
        await Expect(card.GetByText(new Regex(@"^Circuit open, tries again in \d+ s$"))).ToBeVisibleAsync();
        await Expect(card.Locator("dl.numbers div", new() { HasText = "Errors" })).ToContainTextAsync("1");
        await card.GetByRole(AriaRole.Button, new() { Name = "Reset circuit" }).ClickAsync();
        await visit.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Reset" }).ClickAsync();
        await Expect(card.GetByText("Circuit closed")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Requests_AreFoundByKeyAndStatus()
    {
        await using var visit = await Visit.StartAsync(chromium);
        var key = await visit.NewKeyAsync(new { key_alias = "ada" });
        (await visit.ChatAsync(Model, "well", key)).Dispose();
        (await visit.ChatAsync(Model, "well")).Dispose();
        visit.Backends[0].Faults.Add(new Fault { Kind = FaultKind.Status, Status = 403 });
        (await visit.ChatAsync(Model, "not well")).Dispose();
        await visit.SignInAsync("requests");
        var rows = visit.Page.Locator("tbody tr");
        await Expect(rows).ToHaveCountAsync(3);
        await visit.Page.GetByLabel("Status").SelectOptionAsync("failed");
        await Expect(rows).ToHaveCountAsync(1);
        await Expect(rows).ToContainTextAsync("upstream status");
        await visit.Page.GetByLabel("Status").SelectOptionAsync("");
        await visit.Page.GetByLabel("Key", new() { Exact = true }).FillAsync("ada");
        await visit.Page.Keyboard.PressAsync("Enter");
        await Expect(rows).ToHaveCountAsync(1);
        await Expect(rows).ToContainTextAsync("ada");
        await visit.Page.GetByLabel("Key", new() { Exact = true }).FillAsync("");
        await visit.Page.GetByLabel("Slow first").CheckAsync();
        await Expect(rows).ToHaveCountAsync(3);
    }

    [Fact]
    public async Task Requests_AppearAsTheyEnd_AndOneIsAPicture()
    {
        await using var visit = await Visit.StartAsync(chromium);
        await visit.SignInAsync("requests");
        await Expect(visit.Page.GetByText("No requests yet")).ToBeVisibleAsync();
        using (await visit.ChatAsync(Model, "hello"))
        {
            await Expect(visit.Page.Locator("tbody tr")).ToHaveCountAsync(1);
        }

        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Details of the request" }).ClickAsync();
        await Expect(visit.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Img)).ToBeVisibleAsync();
        await Expect(visit.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Listitem).First).ToContainTextAsync("Admission");
        await visit.Page.Keyboard.PressAsync("Escape");
        await visit.Page.GetByLabel("Model").FillAsync("nothing like it");
        await visit.Page.Keyboard.PressAsync("Enter");
        await Expect(visit.Page.GetByText("Nothing matches")).ToBeVisibleAsync();
        await visit.AssertUsableAsync();
    }

    [Fact]
    public async Task Usage_HasPlotsAndFiles()
    {
        await using var visit = await Visit.StartAsync(chromium);
        var laptop = await visit.NewKeyAsync(new { key_alias = "laptop" });
        (await visit.ChatAsync(Model, "hello", laptop)).Dispose();
        using (await visit.ChatAsync(Model, "hello", user: "ada"))
        {
            await visit.SignInAsync("usage");
        }

        // The row is written behind the answer.
        var row = visit.Page.GetByRole(AriaRole.Rowheader, new() { Name = "ada", Exact = true });
        var key = visit.Page.Locator("section", new() { HasText = "By key" }).GetByRole(AriaRole.Rowheader, new() { Name = "laptop", Exact = true });
        await Eventually.UntilAsync(
            async () =>
            {
                if (await row.CountAsync() > 0 && await key.CountAsync() > 0) return true;
                await visit.Page.GetByLabel("Period").SelectOptionAsync("7");
                await visit.Page.GetByLabel("Period").SelectOptionAsync("30");
                await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
                return false;
            },
            "both requests are in the usage",
            TimeSpan.FromSeconds(60));
        await Expect(visit.Page.Locator("figure.chart")).ToHaveCountAsync(4);
        foreach (var plot in (string[])["Tokens", "Requests", "Cost", "Mean latency"]) await Expect(visit.Page.GetByRole(AriaRole.Img, new() { Name = $"{plot} by day" })).ToBeVisibleAsync();
        foreach (var (by, line) in ((string, string)[])[("model", $"{Model},2,0,"), ("key", "laptop,1,0,"), ("user", "ada,1,0,"), ("day", ",0,")])
        {
            var table = visit.Page.Locator("section", new() { Has = visit.Page.GetByRole(AriaRole.Heading, new() { Name = $"By {by}" }) });
            foreach (var column in (string[])["Tokens", "Cost", "Latency", "First token"]) await Expect(table.GetByRole(AriaRole.Columnheader, new() { Name = column, Exact = true })).ToBeVisibleAsync();
            var file = await visit.Page.RunAndWaitForDownloadAsync(() => table.GetByRole(AriaRole.Link, new() { Name = "CSV" }).ClickAsync());
            Assert.Equal($"usage-by-{by}.csv", file.SuggestedFilename);
            Assert.Contains(line, await File.ReadAllTextAsync((await file.PathAsync())!), StringComparison.Ordinal);
        }

        await visit.AssertUsableAsync();
    }

    [Fact]
    public async Task AKey_IsShownOnce_Works_IsBlocked_AndIsDeleted()
    {
        await using var visit = await Visit.StartAsync(chromium);
        await visit.SignInAsync("keys");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "New key" }).ClickAsync();
        await visit.Page.GetByLabel("Name").FillAsync("ada");
        await visit.Page.GetByLabel("Requests a minute").FillAsync("60");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Create" }).ClickAsync();
        var key = await visit.Page.GetByLabel("The new key").InputValueAsync();
        // The only copy: Escape does not take it away, however often.
        for (var i = 0; i < 3; i++) await visit.Page.Keyboard.PressAsync("Escape");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "I have it" }).ClickAsync();
        var row = visit.Page.Locator("tbody tr");
        await Expect(row).ToContainTextAsync("60 requests/min");
        await Expect(visit.Page.Locator("dialog")).ToHaveCountAsync(0);
        Assert.DoesNotContain(key, await visit.Page.ContentAsync(), StringComparison.Ordinal);
        using (var answer = await visit.ChatAsync(Model, "x", key)) Assert.Equal(200, (int)answer.StatusCode);
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Block ada" }).ClickAsync();
        await visit.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        await Expect(row).ToContainTextAsync("works");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Block ada" }).ClickAsync();
        await visit.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Block" }).ClickAsync();
        await Expect(row).ToContainTextAsync("blocked");
        using (var answer = await visit.ChatAsync(Model, "x", key)) Assert.Equal(401, (int)answer.StatusCode);
        await visit.AssertUsableAsync();
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Delete ada" }).ClickAsync();
        await visit.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Delete" }).ClickAsync();
        await Expect(visit.Page.GetByText("No keys yet")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task AKeysLimits_AreChanged_ItsSpendIsShown_AndABlockIsTakenBack()
    {
        await using var visit = await Visit.StartAsync(chromium);
        var key = await visit.NewKeyAsync(new { key_alias = "ada", max_budget = 25, budget_duration = "30d" });
        (await visit.ChatAsync(Model, "x", key)).Dispose();
        await visit.SignInAsync("keys");
        var row = visit.Page.Locator("tbody tr");
        await Expect(row).ToContainTextAsync("of $25.00 / 30d");
        await Expect(row).ToContainTextAsync(new Regex(@"\$0\.0+[1-9]"));
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Edit ada" }).ClickAsync();
        await Expect(visit.Page.GetByLabel("Budget, US dollars")).ToHaveValueAsync("25");
        await visit.Page.GetByLabel("Tokens a minute").FillAsync("7000");
        await visit.Page.GetByLabel("Budget, US dollars").FillAsync("0.0000001");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(row).ToContainTextAsync("7,000 tokens/min");
        // What was spent stays spent: the smaller budget refuses.
        using (var answer = await visit.ChatAsync(Model, "x", key)) Assert.Equal(429, (int)answer.StatusCode);
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Block ada", Exact = true }).ClickAsync();
        await visit.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Block" }).ClickAsync();
        await Expect(row).ToContainTextAsync("blocked");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Unblock ada" }).ClickAsync();
        await Expect(row).ToContainTextAsync("works");
    }

    [Fact]
    public async Task AKeyThatIsSavedUnchanged_StaysAsItIs_AlsoWhereAFieldCannotShowIt()
    {
        await using var visit = await Visit.StartAsync(chromium);
        await visit.NewKeyAsync(new { key_alias = "ada", user_id = " spaced ", models = (string[])["a,b"] });
        await visit.SignInAsync("keys");
        var chips = visit.Page.Locator("tbody tr .chip");
        await Expect(chips).ToHaveTextAsync("a,b");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Edit ada" }).ClickAsync();
        await visit.Page.GetByLabel("Tokens a minute").FillAsync("7000");
        var sent = await visit.Page.RunAndWaitForRequestAsync(
            () => visit.Page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync(), request => request.Url.EndsWith("/key/update", StringComparison.Ordinal));
        Assert.Equal(["key", "tpm_limit"], JsonDocument.Parse(sent.PostData!).RootElement.EnumerateObject().Select(field => field.Name));
        await Expect(visit.Page.Locator("tbody tr")).ToContainTextAsync("7,000 tokens/min");
        await Expect(chips).ToHaveTextAsync("a,b");
    }

    [Fact]
    public async Task TheLastKeyOfTheLastPage_IsDeleted_AndThePageBeforeIsShown()
    {
        await using var visit = await Visit.StartAsync(chromium);
        foreach (var i in Enumerable.Range(0, 51)) await visit.NewKeyAsync(new { key_alias = $"key-{i}" });
        await visit.SignInAsync("keys");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Next" }).ClickAsync();
        var rows = visit.Page.Locator("tbody tr");
        await Expect(rows).ToHaveCountAsync(1);
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Delete" }).ClickAsync();
        await visit.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Delete" }).ClickAsync();
        await Expect(rows).ToHaveCountAsync(50);
    }

    [Fact]
    public async Task APageThatCouldNotBeLoaded_GoesOnByItself_WhenTheGatewayIsBack()
    {
        await using var visit = await Visit.StartAsync(chromium);
        await using var wire = new Relay(visit.Gateway.Address);
        visit.Expected = "net::ERR_";
        await visit.SignInAsync(at: wire.Address);
        wire.Cut();
        await Expect(visit.Page.GetByRole(AriaRole.Banner).GetByRole(AriaRole.Status)).ToHaveTextAsync("Connection lost, trying again");
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "Keys" }).ClickAsync();
        await Expect(visit.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("goes on when it is back");
        wire.Mend();
        await Expect(visit.Page.GetByText("No keys yet")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task LargeSums_AreReadInFull_BesideTheirPlot()
    {
        await using var visit = await Visit.StartAsync(chromium);
        await visit.Page.RouteAsync("**/ui/api/usage?**", route => route.FulfillAsync(new()
        {
            ContentType = "application/json",
            Body = """{"from":"2026-01-01","days":1,"data":[{"name":"2026-01-01","requests":1,"failed":0,"prompt_tokens":1,"completion_tokens":1,"cost":123456.78,"latency_ms":1,"first_token_ms":1}]}""",
        }));
        await visit.SignInAsync("usage");
        var plot = visit.Page.GetByRole(AriaRole.Img, new() { Name = "Cost by day" });
        var label = plot.GetByText("$200000.00");
        await Expect(label).ToBeVisibleAsync();
        Assert.True((await label.BoundingBoxAsync())!.X >= (await plot.BoundingBoxAsync())!.X);
    }

    [Fact]
    public async Task ThePlayground_Streams_CompareSideBySide_AndKeepsTheConversation()
    {
        await using var visit = await Visit.StartAsync(chromium, models: [new SimulatorOptions { Models = [Model] }, new SimulatorOptions { Models = ["qwen3:8b"] }]);
        await visit.SignInAsync("playground");
        var page = visit.Page;
        await Expect(page.GetByLabel("Model 1")).ToHaveValueAsync(Model);
        for (var column = 2; column <= 4; column++) await page.GetByRole(AriaRole.Button, new() { Name = "Compare with another model" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Compare with another model" })).ToBeDisabledAsync();
        await Expect(page.GetByLabel("Model 2")).ToHaveValueAsync("qwen3:8b");
        await visit.AssertUsableAsync();
        await page.GetByLabel("Message").FillAsync("what is a grain?");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator(".stats[data-done]")).ToHaveCountAsync(4);
        await Expect(page.GetByRole(AriaRole.Log)).ToContainTextAsync(["answer from qwen2.5:0.5b", "answer from qwen3:8b", "answer from qwen2.5:0.5b", "answer from qwen3:8b"]);
        await page.ReloadAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "what is a grain?" }).First.ClickAsync();
        await Expect(page.GetByRole(AriaRole.Log)).ToContainTextAsync(["what is a grain?", "what is a grain?", "what is a grain?", "what is a grain?"]);
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete what is a grain?" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Delete" }).ClickAsync();
        await Expect(page.GetByText("None yet.")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Stop_EndsTheWorkOfTheBackend_WhileOthersAreToldTheirPlaceInTheQueue()
    {
        var time = new ManualTime();
        await using var visit = await Visit.StartAsync(
            chromium, models: new SimulatorOptions { Models = [Model], TimePerToken = TimeSpan.FromSeconds(1), Tokens = 50, Time = time });
        await visit.SignInAsync("playground");
        var (page, backend) = (visit.Page, visit.Backends[0]);
        await page.GetByLabel("Message").FillAsync("count");
        await page.GetByRole(AriaRole.Button, new() { Name = "Send" }).ClickAsync();
        await Eventually.UntilAsync(() => backend.Stats.Running == 1, "the backend works");
        await using var other = await chromium.OpenAsync();
        var second = await other.NewPageAsync();
        await second.GotoAsync(new Uri(visit.Gateway.Address, "/ui/playground").ToString());
        await second.GetByLabel("API key").FillAsync(Visit.Master);
        await second.Keyboard.PressAsync("Enter");
        await second.GetByLabel("Message").FillAsync("wait");
        await second.Keyboard.PressAsync("Enter");
        await Expect(second.GetByText("Number 1 in the queue")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Stop" }).ClickAsync();
        await Eventually.UntilAsync(() => backend.Stats.Cancelled == 1, "the backend has stopped");
        await Expect(page.GetByText("Stopped").First).ToBeVisibleAsync();
        await Eventually.UntilAsync(() => backend.Stats.Started == 2, "the other's turn has come");
        await second.GetByRole(AriaRole.Button, new() { Name = "Stop" }).ClickAsync();
        await Eventually.UntilAsync(() => backend.Stats.Cancelled == 2, "the backend has stopped again");
    }

    [Fact]
    public async Task SystemPromptAndTemperature_ReachTheModel_AndAConversationGoesOnWhereItWas()
    {
        await using var visit = await Visit.StartAsync(chromium, models: new SimulatorOptions { Models = [Model], TimePerToken = TimeSpan.FromMilliseconds(20), Tokens = 10 });
        await visit.SignInAsync("playground");
        var page = visit.Page;
        await SayAsync("first question");
        // Nobody has said one.
        Assert.Null(Temperature());
        await Expect(page.Locator(".stats[data-done]")).ToContainTextAsync(new Regex(@"^10 tokens · [\d.]+ tokens/s · first after "));

        await page.GetByRole(AriaRole.Button, new() { Name = "New conversation" }).ClickAsync();
        await page.Locator("summary", new() { HasText = "System prompt" }).ClickAsync();
        await page.GetByLabel("System prompt").FillAsync("You are a grain.");
        await page.GetByLabel("Temperature").FillAsync("0.3");
        await SayAsync("second question");
        Assert.Equal(0.3, Temperature());
        Assert.Equal(["system: You are a grain.", "user: second question"], Messages());

        await page.ReloadAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "second question" }).First.ClickAsync();
        await Expect(page.GetByRole(AriaRole.Log)).ToContainTextAsync("second question");
        await SayAsync("third question");
        Assert.Equal(["system: You are a grain.", "user: second question", "assistant", "user: third question"], Messages().Select(m => m.StartsWith("assistant", StringComparison.Ordinal) ? "assistant" : m));

        async Task SayAsync(string text)
        {
            await page.GetByLabel("Message").FillAsync(text);
            await page.Keyboard.PressAsync("Enter");
            await Expect(page.Locator(".stats[data-done]")).ToHaveCountAsync(1);
        }

        JsonElement Sent() => JsonDocument.Parse(visit.Backends[0].Stats.Bodies[^1]).RootElement;

        double? Temperature() => Sent().TryGetProperty("options", out var options) && options.TryGetProperty("temperature", out var said) ? said.GetDouble() : null;

        IEnumerable<string> Messages() => Sent().GetProperty("messages").EnumerateArray().Select(m => $"{m.GetProperty("role").GetString()}: {m.GetProperty("content").GetString()}");
    }

    [Fact]
    public async Task Reasoning_IsThere_AndFolded()
    {
        await using var visit = await Visit.StartAsync(chromium);
        visit.Backends[0].Faults.Add(new Fault
        {
            Kind = FaultKind.Raw,
            ContentType = "application/x-ndjson",
            Body = """
                {"model":"m","message":{"role":"assistant","content":"<think>first I ponder"},"done":false}
                {"model":"m","message":{"role":"assistant","content":" it</think>Then I **answer**."},"done":false}
                {"model":"m","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","prompt_eval_count":1,"eval_count":4}

                """,
        });
        await visit.SignInAsync("playground");
        await visit.Page.GetByLabel("Message").FillAsync("think");
        await visit.Page.Keyboard.PressAsync("Enter");
        await Expect(visit.Page.GetByText("Then I answer.")).ToBeVisibleAsync();
        await Expect(visit.Page.GetByText("first I ponder it")).ToBeHiddenAsync();
        await visit.Page.GetByText("Reasoning").ClickAsync();
        await Expect(visit.Page.GetByText("first I ponder it")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task AVirtualKey_SeesItsOwn_AndNoWayToChangeAnything()
    {
        await using var visit = await Visit.StartAsync(chromium);
        var key = await visit.NewKeyAsync(new { key_alias = "ada" });
        using (await visit.ChatAsync(Model, "somebody else's"))
        using (await visit.ChatAsync(Model, "my own", key))
        {
            await visit.SignInAsync(key: key);
        }

        await Expect(visit.Page.GetByRole(AriaRole.Article)).ToBeVisibleAsync();
        await Expect(visit.Page.GetByRole(AriaRole.Button, new() { Name = "Drain" })).ToHaveCountAsync(0);
        await visit.GoAsync("requests");
        await Expect(visit.Page.Locator("tbody tr")).ToHaveCountAsync(1);
        await visit.GoAsync("keys");
        await Expect(visit.Page.Locator("tbody tr")).ToContainTextAsync("ada");
        await Expect(visit.Page.GetByRole(AriaRole.Button, new() { Name = "New key" })).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task ALostConnection_IsToldSo_AndWhatChangedMeanwhileIsShownWhenItIsBack()
    {
        await using var visit = await Visit.StartAsync(chromium);
        await using var wire = new Relay(visit.Gateway.Address);
        visit.Expected = "net::ERR_";
        await visit.SignInAsync(at: wire.Address);
        var (status, cards, card) = (visit.Page.GetByRole(AriaRole.Banner).GetByRole(AriaRole.Status), visit.Page.Locator(".cards"), visit.Page.GetByRole(AriaRole.Article));
        await Expect(card).ToContainTextAsync("0 of 1 slot in use");
        wire.Cut();
        await Expect(status).ToHaveTextAsync("Connection lost, trying again");
        // What was known is still there to be read, and looks old.
        await Expect(card).ToContainTextAsync("0 of 1 slot in use");
        await Expect(cards).ToHaveClassAsync(new Regex("stale"));
        (await visit.ChatAsync(Model, "meanwhile")).Dispose();
        wire.Mend();
        await Expect(status).ToHaveTextAsync("Live from gateway-1:4000");
        await Expect(card).ToHaveCountAsync(1);
        await Expect(card.GetByRole(AriaRole.Img)).ToHaveAccessibleNameAsync(new Regex("1 served"));
        await Expect(cards).Not.ToHaveClassAsync(new Regex("stale"));
    }

    [Fact]
    public async Task AGatewayThatRefusesForAWhile_IsAskedAgain_AndTheRestOfThePageStaysAsItIs()
    {
        await using var visit = await Visit.StartAsync(chromium);
        visit.Expected = "503";
        var refused = 0;
        await visit.Page.RouteAsync("**/ui/live", route =>
        {
            Interlocked.Increment(ref refused);
            return route.FulfillAsync(new() { Status = 503 });
        });
        await visit.SignInAsync("playground", connected: false);
        var status = visit.Page.GetByRole(AriaRole.Banner).GetByRole(AriaRole.Status);
        await visit.Page.GetByLabel("Message").FillAsync("half a thought");
        await Expect(status).ToHaveTextAsync("Connection lost, trying again");
        await Eventually.UntilAsync(() => Volatile.Read(ref refused) >= 3, "the page tries again, and again", TimeSpan.FromSeconds(60));
        await visit.Page.UnrouteAsync("**/ui/live");
        await Expect(status).ToHaveTextAsync("Live from gateway-1:4000");
        await Expect(visit.Page.GetByLabel("Message")).ToHaveValueAsync("half a thought");
    }

    [Fact]
    public async Task AnOpenGateway_SaysThatNobodyMayChangeIt()
    {
        await using var visit = await Visit.StartAsync(chromium, open: true);
        await visit.Page.GotoAsync(new Uri(visit.Gateway.Address, "/ui").ToString());
        await Expect(visit.Page.GetByText("This gateway is open")).ToBeVisibleAsync();
        await Expect(visit.Page.GetByRole(AriaRole.Article)).ToBeVisibleAsync();
        await Expect(visit.Page.GetByRole(AriaRole.Button, new() { Name = "Drain" })).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task TheKeyboard_SkipsToTheContent_AndReachesEveryPage()
    {
        await using var visit = await Visit.StartAsync(chromium);
        await visit.SignInAsync();
        await visit.Page.ReloadAsync();
        await Expect(visit.Page.GetByRole(AriaRole.Article)).ToBeVisibleAsync();
        await visit.Page.Keyboard.PressAsync("Tab");
        await Expect(visit.Page.GetByRole(AriaRole.Link, new() { Name = "Skip to content" })).ToBeFocusedAsync();
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "Backends" }).FocusAsync();
        foreach (var page in (string[])["Requests", "Usage", "Keys", "Playground"])
        {
            await visit.Page.GetByRole(AriaRole.Link, new() { Name = page, Exact = true }).FocusAsync();
            await visit.Page.Keyboard.PressAsync("Enter");
            await Expect(visit.Page.GetByRole(AriaRole.Link, new() { Name = page, Exact = true })).ToHaveAttributeAsync("aria-current", "page");
        }
    }

    private static ILocatorAssertions Expect(ILocator locator) => Assertions.Expect(locator);
}
