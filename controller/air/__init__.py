"""The models of arm, tool and wrist sensor, checked in free air before they are trusted, and watched from then on."""
