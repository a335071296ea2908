using System.Text.Json;

namespace OrleansLlm.Bench.Fuzz.Mutation;

/// <summary>Where one value stands in a JSON text.</summary>
/// <param name="Member">Start of its name in an object; its own start in an array and at the root.</param>
/// <param name="NameEnd">End of its name with the quotes; <see cref="Member"/> where it has none.</param>
internal readonly record struct JsonPlace(int Member, int NameEnd, int Start, int End, JsonTokenType Kind)
{
    public bool IsRoot => Member == 0 && NameEnd == 0;

    public bool HasName => NameEnd > Member;
}

internal static class JsonPlaces
{
    private static readonly JsonReaderOptions Patient = new() { MaxDepth = 10_000 };

    /// <summary>All values, outer ones after their inner ones; of a text that is no JSON those before the mistake.</summary>
    public static List<JsonPlace> Find(ReadOnlySpan<byte> json)
    {
        var places = new List<JsonPlace>();
        var open = new Stack<(int Member, int NameEnd, int Start)>();
        var (member, nameEnd) = (-1, -1);
        var reader = new Utf8JsonReader(json, Patient);
        try
        {
            while (reader.Read())
            {
                var (start, end) = ((int)reader.TokenStartIndex, (int)reader.BytesConsumed);
                switch (reader.TokenType)
                {
                    case JsonTokenType.PropertyName:
                        // The reader has eaten the colon as well.
                        (member, nameEnd) = (start, start + reader.ValueSpan.Length + 2);
                        continue;
                    case JsonTokenType.StartObject or JsonTokenType.StartArray:
                        open.Push(member < 0 ? (start, start, start) : (member, nameEnd, start));
                        break;
                    case JsonTokenType.EndObject or JsonTokenType.EndArray:
                        var from = open.Pop();
                        places.Add(new JsonPlace(from.Member, from.NameEnd, from.Start, end, reader.TokenType == JsonTokenType.EndObject ? JsonTokenType.StartObject : JsonTokenType.StartArray));
                        break;
                    default:
                        places.Add(member < 0 ? new JsonPlace(start, start, start, end, reader.TokenType) : new JsonPlace(member, nameEnd, start, end, reader.TokenType));
                        break;
                }

                (member, nameEnd) = (-1, -1);
            }
        }
        catch (JsonException)
        {
            // What was seen until here can still be edited.
        }

        return places;
    }
}
