using Orleans.Embedded;

namespace Orleans.Embedded
{
    /// <summary>What a grain method that returns a sequence gives its caller. Each enumeration of it is a call of its own. For generated code.</summary>
    public abstract class GrainEnumerable<T>(Runtime.GrainReference target, GrainMethod method, CancellationToken cancellationToken) : IAsyncEnumerable<T>
    {
        internal GrainAddress Address { get; } = target.Address;

        internal GrainMethod Method { get; } = method;

        internal CancellationToken Argument { get; } = cancellationToken;

        /// <summary>How many elements that are ready together travel together; 100, as in Orleans.</summary>
        internal int MaxBatchSize { get; set; } = 100;

        public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default) => new Enumeration<T>(this, cancellationToken);

        /// <summary>Calls the grain method; the token is the one argument that is not the caller's own.</summary>
        protected internal abstract IAsyncEnumerable<T> Invoke(object grain, CancellationToken cancellationToken);
    }
}

namespace Orleans.Runtime
{
    public static class AsyncEnumerableExtensions
    {
        /// <summary>Bounds how far the grain runs ahead of the reader; no meaning for other sequences.</summary>
        public static IAsyncEnumerable<T> WithBatchSize<T>(this IAsyncEnumerable<T> self, int maxBatchSize)
        {
            if (self is GrainEnumerable<T> enumerable)
            {
                ArgumentOutOfRangeException.ThrowIfLessThan(maxBatchSize, 1);
                enumerable.MaxBatchSize = maxBatchSize;
            }

            return self;
        }
    }
}
