using System.Net.Sockets;
using Garnet;
using Garnet.server;
using Garnet.server.Auth.Settings;
using Tsavorite.core;

namespace FlowQuota.SelfHost.Embedded;

/// <summary>
/// One run of Garnet over a folder: on a Unix socket, with scripts that run alone with their keys, and with a log that is
/// committed only when <see cref="CommitAsync"/> says so.
/// </summary>
/// <remarks>After a failed commit the log takes nothing more; only another run over the same folder goes on.</remarks>
internal sealed class EmbeddedGarnet : GarnetServer
{
    private EmbeddedGarnet(GarnetServerOptions options)
        : base(options)
    {
    }

    /// <summary>Bytes that the next start has to replay.</summary>
    public long LogBytes => storeWrapper.AofSize();

    /// <summary>Recovers what the folder holds, as of the last commit, and listens.</summary>
    /// <param name="folder">Where the log and the checkpoints are.</param>
    /// <param name="socket">The socket's path; only its owner may open it.</param>
    /// <param name="password">What a client must present.</param>
    /// <exception cref="Exception">The folder cannot be read or written, or what it holds is damaged.</exception>
    public static EmbeddedGarnet Start(string folder, string socket, string password)
    {
        var garnet = new EmbeddedGarnet(new GarnetServerOptions
        {
            EndPoints = [new UnixDomainSocketEndPoint(socket)],
            UnixSocketPath = socket,
            UnixSocketPermission = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            AuthSettings = new PasswordAuthenticationSettings(password),
            EnableLua = true,
            LuaOptions = new LuaOptions(),
            // Without the transaction mode a script is not alone with its keys.
            LuaTransactionMode = true,
            EnableAOF = true,
            // -1: no commit but ours. One that fell into a running script would let a kill -9 keep half of that script.
            CommitFrequencyMs = -1,
            Recover = true,
            // The default is to go on with an empty store.
            FailOnRecoveryError = true,
            CheckpointDir = folder,
            // The native storage device needs a newer C library than long-lived distributions have.
            DeviceType = DeviceType.RandomAccess,
            DeviceFactoryCreator = new LocalStorageNamedDeviceFactoryCreator(deviceType: DeviceType.RandomAccess),
            // Garnet's defaults assume a dedicated server; use less memory. Earlier versions wrote the folder with these sizes.
            LogMemorySize = "256m",
            PageSize = "4m",
            IndexMemorySize = "16m",
            AofMemorySize = "32m",
            AofPageSize = "8m",
            QuietMode = true,
        });
        try
        {
            garnet.Start();
            return garnet;
        }
        catch
        {
            garnet.Dispose();
            throw;
        }
    }

    /// <summary>Begins a commit of all that was written until now, before it returns; completes once a killed process cannot lose it.</summary>
    /// <exception cref="Exception">The log cannot be written, for example because the disk is full.</exception>
    public async Task CommitAsync() => await Store.CommitAOFAsync(CancellationToken.None).ConfigureAwait(false);

    /// <summary>Writes a checkpoint and drops the log before it. False if it failed; the log then stays as it is.</summary>
    public async Task<bool> TryCheckpointAsync() =>
        await storeWrapper.TakeCheckpointAsync(background: false).ConfigureAwait(false) == CheckpointStatus.Success;
}
