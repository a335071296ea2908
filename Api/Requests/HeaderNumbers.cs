using System.Globalization;
using Microsoft.AspNetCore.Http;
using OrleansLlm.Api.Errors;

namespace OrleansLlm.Api.Requests;

/// <summary>Numbers in request headers; a value that is none is a 400 that names the header.</summary>
internal static class HeaderNumbers
{
    public static double? Read(IHeaderDictionary headers, string name, double least, double most)
    {
        if (!headers.TryGetValue(name, out var values) || values.Count == 0) return null;
        if (double.TryParse(values[0], NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most) return number;
        throw Invalid(name, "number", least, most);
    }

    public static int? ReadWhole(IHeaderDictionary headers, string name, int least, int most)
    {
        if (Read(headers, name, least, most) is not { } number) return null;
        return number == Math.Floor(number) ? (int)number : throw Invalid(name, "whole number", least, most);
    }

    private static RequestException Invalid(string name, string kind, double least, double most) => new(ApiError.BadRequest(
        string.Create(CultureInfo.InvariantCulture, $"Invalid header '{name}': expected a {kind} from {least} to {most}."), name, "invalid_header"));
}
