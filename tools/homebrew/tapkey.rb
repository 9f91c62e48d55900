# The formula of a release: tools/formula.sh fills in the version and the checksums. Add it to
# a tap to install it with brew.
class Tapkey < Formula
  desc "Call the Tapkey API or a sandbox of it"
  homepage "https://github.com/tapkey-go/tapkey-go"
  version "@VERSION@"
  license "Apache-2.0"

  on_macos do
    on_arm do
      url "https://github.com/tapkey-go/tapkey-go/releases/download/v@VERSION@/tapkey_@VERSION@_darwin_arm64.tar.gz"
      sha256 "@darwin_arm64@"
    end
    on_intel do
      url "https://github.com/tapkey-go/tapkey-go/releases/download/v@VERSION@/tapkey_@VERSION@_darwin_amd64.tar.gz"
      sha256 "@darwin_amd64@"
    end
  end

  on_linux do
    on_arm do
      url "https://github.com/tapkey-go/tapkey-go/releases/download/v@VERSION@/tapkey_@VERSION@_linux_arm64.tar.gz"
      sha256 "@linux_arm64@"
    end
    on_intel do
      url "https://github.com/tapkey-go/tapkey-go/releases/download/v@VERSION@/tapkey_@VERSION@_linux_amd64.tar.gz"
      sha256 "@linux_amd64@"
    end
  end

  def install
    bin.install "tapkey"
    generate_completions_from_executable(bin/"tapkey", "completion")
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/tapkey --version")
    assert_match "Home", shell_output("#{bin}/tapkey owners list --sandbox")
  end
end
