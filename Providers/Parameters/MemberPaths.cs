using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace OrleansLlm.Providers;

/// <summary>
/// Members inside of a request's fields that are left out: <c>a.b</c>, <c>tools[*].x</c>, <c>list[2]</c>, each meant of the request as it came. It is read once for all of
/// them, and what stays is copied byte for byte.
/// </summary>
internal sealed class MemberPaths
{
    /// <summary>That a request may name itself: one that names more is no client's, and each may have to be looked for at every element of a list.</summary>
    public const int MostInBody = 100;

    private readonly Place _top = new();
    private readonly List<string> _found = [];
    private readonly ArrayBufferWriter<byte> _left = new();

    public MemberPaths(IEnumerable<string> paths)
    {
        foreach (var path in paths) PlaceOf(path).Path ??= path;
    }

    /// <summary>Otherwise it is a field's own name.</summary>
    public static bool IsPath(string name) => name.AsSpan().ContainsAny('.', '[');

    /// <param name="found">Gets the paths at which something was.</param>
    /// <returns>What is left of the request.</returns>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public ReadOnlyMemory<byte> LeaveOutOf(ReadOnlyMemory<byte> body, List<string> found)
    {
        var reader = new Utf8JsonReader(body.Span, NestedJson.Reader);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject) return body;
        CopyObject(ref reader, body.Span, [_top]);
        found.AddRange(_found);
        return _found.Count == 0 ? body : _left.WrittenMemory;
    }

    private Place PlaceOf(string path)
    {
        var place = _top;
        for (var rest = path.AsSpan(); ;)
        {
            if (rest is ['[', ..])
            {
                var end = rest.IndexOf(']');
                // Nothing is there.
                if (end < 0) return new Place();
                place = rest[1..end] is "*" ? place.Every ??= new Place() : place.Item(rest[1..end].ToString());
                rest = rest[(end + 1)..].TrimStart('.');
                if (rest.IsEmpty) return place;
            }
            else
            {
                var end = rest.IndexOfAny('.', '[');
                place = place.Member((end < 0 ? rest : rest[..end]).ToString());
                if (end < 0) return place;
                rest = rest[end] == '.' ? rest[(end + 1)..] : rest[end..];
            }
        }
    }

    private void CopyObject(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, List<Place> places)
    {
        Write("{"u8);
        var isFirst = true;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            var literal = body.Slice((int)reader.TokenStartIndex, reader.ValueSpan.Length + 2);
            var inner = Inner(places, place => place.Members?.GetValueOrDefault(name));
            reader.Read();
            if (IsLeftOut(inner, ref reader)) continue;
            if (!isFirst) Write(","u8);
            isFirst = false;
            Write(literal);
            Write(":"u8);
            CopyValue(ref reader, body, inner);
        }

        Write("}"u8);
    }

    private void CopyArray(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, List<Place> places)
    {
        Write("["u8);
        var isFirst = true;
        // The same of all elements, but where a path names one of them by its number.
        var inner = Inner(places, place => place.Every);
        var numbered = Inner(places, place => place.Items is null ? null : place);
        for (var at = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; at++)
        {
            var here = numbered.Count == 0 ? inner : [.. inner, .. AtNumber(numbered, at)];
            if (IsLeftOut(here, ref reader)) continue;
            if (!isFirst) Write(","u8);
            isFirst = false;
            CopyValue(ref reader, body, here);
        }

        Write("]"u8);
    }

    private void CopyValue(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, List<Place> places)
    {
        if (places.Count > 0 && reader.TokenType == JsonTokenType.StartObject)
        {
            CopyObject(ref reader, body, places);
        }
        else if (places.Count > 0 && reader.TokenType == JsonTokenType.StartArray)
        {
            CopyArray(ref reader, body, places);
        }
        else
        {
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            Write(body[start..(int)reader.BytesConsumed]);
        }
    }

    /// <returns>A path ends here: the value has been read over.</returns>
    private bool IsLeftOut(List<Place> places, ref Utf8JsonReader reader)
    {
        var isLeftOut = false;
        foreach (var place in places)
        {
            if (place.Path is null) continue;
            isLeftOut = true;
            if (!place.IsFound) _found.Add(place.Path);
            place.IsFound = true;
        }

        if (isLeftOut) reader.Skip();
        return isLeftOut;
    }

    private void Write(ReadOnlySpan<byte> json) => _left.Write(json);

    private static List<Place> Inner(List<Place> places, Func<Place, Place?> step) => [.. places.Select(step).OfType<Place>()];

    private static List<Place> AtNumber(List<Place> places, int at)
    {
        var number = at.ToString(CultureInfo.InvariantCulture);
        return Inner(places, place => place.Items!.GetValueOrDefault(number));
    }

    /// <summary>What the paths say of one value: which lead on, and whether one ends.</summary>
    private sealed class Place
    {
        public Dictionary<string, Place>? Members { get; private set; }

        public Dictionary<string, Place>? Items { get; private set; }

        public Place? Every { get; set; }

        /// <summary>That which ends here.</summary>
        public string? Path { get; set; }

        public bool IsFound { get; set; }

        public Place Member(string name) => In(Members ??= new(StringComparer.Ordinal), name);

        public Place Item(string number) => In(Items ??= new(StringComparer.Ordinal), number);

        private static Place In(Dictionary<string, Place> places, string name) =>
            places.TryGetValue(name, out var known) ? known : places[name] = new Place();
    }
}
