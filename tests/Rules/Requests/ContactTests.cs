using OrleansLlm.Api.Errors;

namespace OrleansLlm.Tests.Rules.Requests;

/// <summary>What is told of a failure outside the log never holds a stack, nor the names of what the gateway is made of.</summary>
public class ContactTests
{
    [Fact]
    public void WordsForPeople_AreToldAsTheyAre()
    {
        const string Words = "Writing to the grain state file 'data/orleansllm.db' failed: SQLite Error 13: 'database or disk is full'.";
        Assert.Equal(Words, Contact.WordsOf(new OrleansException(Words)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("Lookup failed for key/1 : StackExchange.Redis.RedisTimeoutException: Timeout awaiting response")]
    [InlineData("Error from storage provider RedisGrainStorage.state during WriteStateAsync for grain key/1\n Exc level 0")]
    [InlineData("Response did not arrive on time in 00:00:05 for message: [Request S127.0.0.1:11111]")]
    public void WordsOfTheEngine_AreToldInOurs(string words)
    {
        foreach (var failure in new Exception[] { new OrleansException(words), new TimeoutException(words), new InvalidOperationException(words, new IOException("inner")) })
        {
            Assert.Equal("a node of the gateway, or the store behind it, does not answer.", Contact.WordsOf(failure));
        }
    }

    [Fact]
    public void ARealStack_IsNotTold()
    {
        var thrown = Assert.Throws<InvalidOperationException>(Throw);
        Assert.DoesNotContain(" at ", Contact.WordsOf(new OrleansException($"Lookup failed : {thrown}")), StringComparison.Ordinal);
    }

    private static void Throw() => throw new InvalidOperationException("Reading is not allowed after reader was completed.");
}
