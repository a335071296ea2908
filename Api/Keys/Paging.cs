using System.Globalization;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Admin;

namespace OrleansLlm.Api.Keys;

/// <summary>Which page is asked for, from 1.</summary>
internal readonly record struct Paging(int Page, int Size)
{
    /// <param name="sizeName">LiteLLM calls it <c>size</c> for keys and <c>page_size</c> for users and teams.</param>
    public static Paging Of(HttpRequest request, string sizeName, int size, int largest) =>
        new(Read(request, "page", 1, 1_000_000), Read(request, sizeName, size, largest));

    /// <summary>How many stand before it.</summary>
    public long Before => (Page - 1L) * Size;

    public IEnumerable<T> Of<T>(List<T> all) => all.Skip((int)Math.Min(int.MaxValue, Before)).Take(Size);

    public int PagesOf(int total) => (total + Size - 1) / Size;

    private static int Read(HttpRequest request, string name, int otherwise, int most)
    {
        if (request.Query[name].ToString() is not { Length: > 0 } text) return otherwise;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= most) return number;
        throw AdminBody.Wrong(name, $"a whole number from 1 to {most}");
    }
}
