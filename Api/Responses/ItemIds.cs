using System.Globalization;
using OrleansLlm.Responses;

namespace OrleansLlm.Api.Responses;

/// <summary>Ids of the items of an answer: <c>msg_</c>, the digits of the response's id, and a number. So an item that a client only names is found.</summary>
internal static class ItemIds
{
    public static string Of(string prefix, string responseId, int index) =>
        string.Create(CultureInfo.InvariantCulture, $"{prefix}_{responseId[ResponseKeys.Prefix.Length..]}_{index}");

    /// <returns>The id of the response that the item belongs to; null: it can be of none.</returns>
    public static string? ResponseOf(string itemId)
    {
        var parts = itemId.Split('_');
        if (parts.Length != 3) return null;
        var id = ResponseKeys.Prefix + parts[1];
        return ResponseKeys.IsId(id) ? id : null;
    }
}
