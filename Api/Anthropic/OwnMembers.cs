using System.Runtime.InteropServices;
using System.Text.Json;
using OrleansLlm.Api.Doors;

namespace OrleansLlm.Api.Anthropic;

/// <summary>What Anthropic's own models tell of a message besides what OpenAI has words for, as their provider hands it on: with the begin of the message, and with its end.</summary>
internal sealed class OwnMembers
{
    /// <summary>Members of a choice.</summary>
    public const string Start = "anthropic_start", End = "anthropic_end";

    /// <summary>The member of a call.</summary>
    public const string Call = "anthropic_call";

    private readonly Dictionary<string, byte[]> _message = [], _delta = [], _usage = [];

    /// <summary>Of the message; at its end, of the event.</summary>
    public byte[] OfMessage => Raw(_message);

    /// <summary>Of the <c>delta</c> at its end.</summary>
    public byte[] OfDelta => Raw(_delta);

    public byte[] OfUsage => Raw(_usage);

    /// <param name="json">An object; empty: nothing is told.</param>
    public static OwnMembers Read(ReadOnlySpan<byte> json)
    {
        var own = new OwnMembers();
        if (json.IsEmpty) return own;
        using var document = JsonDocument.Parse(json.ToArray(), NestedJson.Document);
        own.Take(document.RootElement);
        return own;
    }

    /// <summary>Of a whole message: the end has the last word.</summary>
    public static OwnMembers OfWhole(JsonElement choice)
    {
        var own = new OwnMembers();
        foreach (var name in (ReadOnlySpan<string>)[Start, End])
        {
            if (choice.ValueKind == JsonValueKind.Object && choice.TryGetProperty(name, out var told)) own.Take(told);
        }

        foreach (var (name, value) in own._delta) own._message[name] = value;
        return own;
    }

    public void WriteOfMessage(Utf8JsonWriter json)
    {
        foreach (var (name, value) in _message)
        {
            json.WritePropertyName(name);
            json.WriteRawValue(value, skipInputValidation: true);
        }
    }

    /// <summary>An object's members, with a comma before each.</summary>
    public static byte[] MembersOf(JsonElement json)
    {
        var members = new Dictionary<string, byte[]>();
        Take(json, members);
        return Raw(members);
    }

    private void Take(JsonElement told)
    {
        if (told.ValueKind != JsonValueKind.Object) return;
        foreach (var member in told.EnumerateObject())
        {
            if (member.Name == "usage") Take(member.Value, _usage);
            else if (member.Name == "delta") Take(member.Value, _delta);
            else _message[member.Name] = JsonMarshal.GetRawUtf8Value(member.Value).ToArray();
        }
    }

    private static void Take(JsonElement from, Dictionary<string, byte[]> to)
    {
        if (from.ValueKind != JsonValueKind.Object) return;
        foreach (var member in from.EnumerateObject()) to[member.Name] = JsonMarshal.GetRawUtf8Value(member.Value).ToArray();
    }

    private static byte[] Raw(Dictionary<string, byte[]> members)
    {
        var json = new JsonBuffer();
        foreach (var (name, value) in members) json.Add(","u8).Add(name).Add(":"u8).Add(value);
        return json.Written.ToArray();
    }
}
