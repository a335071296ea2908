namespace OrleansLlm.Api.Errors;

/// <summary>The request cannot be served as it stands; caught in one place, <see cref="ErrorBoundary"/>.</summary>
internal sealed class RequestException(ApiError error) : Exception(error.Message)
{
    public ApiError Error => error;
}
