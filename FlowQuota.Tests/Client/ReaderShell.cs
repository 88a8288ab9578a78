using System.Diagnostics;
using System.Text;

namespace FlowQuota.Tests.Client;

/// <summary>The shell of a reader who pastes the commands of a page into it, block by block.</summary>
internal sealed class ReaderShell : IAsyncDisposable
{
    private const string End = "-- end of the block --";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _bash;

    /// <param name="folder">Where it works.</param>
    public ReaderShell(string folder)
    {
        _bash = Process.Start(new ProcessStartInfo("bash") { WorkingDirectory = folder, RedirectStandardInput = true, RedirectStandardOutput = true })!;
    }

    /// <summary>Runs commands to their end; returns their output, with an end of its last line.</summary>
    public async Task<string> RunAsync(string commands)
    {
        await _bash.StandardInput.WriteAsync($"{commands}\necho '{End}'\n");
        await _bash.StandardInput.FlushAsync();
        var output = new StringBuilder();
        while (await _bash.StandardOutput.ReadLineAsync().WaitAsync(Patience) is { } line)
        {
            if (!line.EndsWith(End, StringComparison.Ordinal))
            {
                output.Append(line).Append('\n');
                continue;
            }

            if (line != End)
                output.Append(line.AsSpan(0, line.Length - End.Length)).Append('\n');
            break;
        }

        return output.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        _bash.StandardInput.Close();
        await _bash.WaitForExitAsync();
        _bash.Dispose();
    }
}
