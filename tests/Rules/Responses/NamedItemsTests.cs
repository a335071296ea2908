using System.Text.Json.Nodes;
using OrleansLlm.Api.Responses;

namespace OrleansLlm.Tests.Rules.Responses;

public class NamedItemsTests
{
    private static readonly string Digits = new('0', 32);

    /// <summary>A stream of thoughts and text in turns has several items of each, and what is stored one.</summary>
    [Theory]
    [InlineData("msg_0 fc_0", "msg_0=msg_0 fc_0=fc_0")]
    [InlineData("msg_1", "msg_1=msg_0")]
    [InlineData("msg_0 rs_0 msg_1 rs_1 fc_0", "msg_0=msg_0 rs_0=rs_0 msg_1= rs_1= fc_0=fc_0")]
    [InlineData("msg_1 msg_2", "msg_1=msg_0 msg_2=")]
    [InlineData("fc_1", "")]
    public void APartOfWhatIsStoredAsOne_IsFound_AndNothingIsSaidTwice(string named, string expected)
    {
        var items = new JsonArray([.. new[] { "rs_0", "msg_0", "fc_0" }.Select(id => new JsonObject { ["id"] = Full(id), ["type"] = "x" })]);
        var names = named.Split(' ');

        var found = NamedItems.Among(items, [.. names.Select(Full)]);

        Assert.Equal(expected, string.Join(' ', names.Where(name => found.ContainsKey(Full(name))).Select(name => $"{name}={Short((string?)found[Full(name)]["id"])}")));
        Assert.All(found.Values.Where(item => item["id"] is null), item => Assert.Equal("reasoning", (string?)item["type"]));
    }

    private static string Full(string id) => id.Replace("_", $"_{Digits}_", StringComparison.Ordinal);

    private static string Short(string? id) => id?.Replace($"{Digits}_", "", StringComparison.Ordinal) ?? "";
}
